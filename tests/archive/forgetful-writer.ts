import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Acknowledges what only lies in memory: shows that the power cut is one. */
const [folder = ''] = process.argv.slice(2);
const database = new DatabaseSync(join(folder, 'forgetful.db'));
database.exec('pragma journal_mode=wal; pragma synchronous=normal; create table if not exists mark (id text)');
const insert = database.prepare('insert into mark values (?)');
for (;;) {
  const id = randomBytes(8).toString('hex');
  insert.run(id);
  writeSync(1, `mark ${id} 1\n`);
}

import { setImmediate } from 'node:timers/promises';

const pageCharacters = 65_536;

/** Texts of JSON values put together to lists of a length that is read in a millisecond. */
export function pagesOf(values: readonly string[]): string[] {
  const pages: string[] = [];
  let page: string[] = [];
  let characters = 0;
  const turn = (): void => {
    if (page.length > 0) pages.push(`[${page.join(',')}]`);
    page = [];
    characters = 0;
  };
  for (const value of values) {
    if (characters + value.length > pageCharacters) turn();
    page.push(value);
    characters += value.length;
  }
  turn();
  return pages;
}

/** The values of pages, with room for pictures and viewers between two of them. */
export async function readPages<Value>(pages: readonly string[]): Promise<Value[]> {
  const values: Value[] = [];
  for (const page of pages) {
    for (const value of JSON.parse(page) as Value[]) values.push(value);
    await setImmediate();
  }
  return values;
}

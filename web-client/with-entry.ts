/** A record with one entry more, another, or without it where the value is undefined. */
export function withEntry<Key extends string | number, Value>(
  record: Readonly<Record<Key, Value>>,
  key: Key,
  value: Value | undefined,
): Readonly<Record<Key, Value>> {
  if (value !== undefined) return { ...record, [key]: value };
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== String(key))) as Record<Key, Value>;
}

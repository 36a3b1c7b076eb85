import Type from 'typebox';

/** An option that is one of a few words. */
export function oneOf<const Word extends string | number>(
  words: readonly Word[],
  about: { readonly title: string; readonly default: Word; readonly description: string },
) {
  return Type.Unsafe<Word>(
    Type.Union(
      words.map((word) => Type.Literal(word)),
      about,
    ),
  );
}

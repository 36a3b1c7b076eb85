import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { useMonitor, useWords } from './hooks.ts';
import { inLanguage, languages } from './words/words.ts';

/** Each language under its own name: who needs this cannot read the other. */
export function LanguageChoice() {
  const monitor = useMonitor();
  const { language, say } = useWords();
  return (
    <ToggleButtonGroup
      className="languages"
      aria-label={say('language.choice')}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[language]}
      onSelectionChange={(keys) => {
        const chosen = languages.find((known) => keys.has(known));
        if (chosen !== undefined) monitor.act({ act: 'language', language: chosen });
      }}
    >
      {languages.map((known) => (
        <ToggleButton key={known} id={known}>
          <span lang={known}>{inLanguage[known].say('language.name')}</span>
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}

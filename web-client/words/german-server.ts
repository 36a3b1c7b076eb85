import type { Preset } from '../../src/stage/presets.ts';

interface GermanSetting {
  readonly label: string;
  readonly hint: string;
}

interface GermanStage {
  readonly title: string;
  readonly settings: Readonly<Record<string, GermanSetting>>;
}

/** Stages and their settings, by the names that the server uses. */
export const germanStages: Readonly<Record<string, GermanStage>> = {
  window: {
    title: 'Fensterung',
    settings: {
      brightness: { label: 'Helligkeit', hint: 'verschiebt das Graufenster, in Prozent seiner Breite' },
      contrast: { label: 'Kontrast', hint: 'verengt (+) oder weitet (−) das Graufenster, in Prozent' },
    },
  },
  persistence: {
    title: 'Persistenz',
    settings: {
      mode: {
        label: 'Art',
        hint: 'einfach: eine Schwelle; Quantenrauschen: nach Helligkeit gemessen; bewegungskompensiert: folgt auch dem, was sich bewegt',
      },
      strength: { label: 'Stärke', hint: 'Anteil der vorigen Bilder, wo sich nichts bewegt' },
      threshold: {
        label: 'Bewegungsschwelle',
        hint: 'Unterschied, der noch als Rauschen gilt: Graustufen, oder halbe Abweichungen des gemessenen Rauschens',
      },
    },
  },
  median: {
    title: 'Punktfilter',
    settings: { size: { label: 'Größe', hint: 'Seite des Quadrats, dessen Median genommen wird, in Pixeln' } },
  },
  despeckle: {
    title: 'Speckle-Filter',
    settings: {
      method: {
        label: 'Verfahren',
        hint: 'geführt, Lee: nach örtlicher Varianz; bilateral: nach Ähnlichkeit; Gauß: weichgezeichnet; SRAD: Diffusion entlang der Kanten',
      },
      strength: { label: 'Stärke', hint: 'wie viel als Speckle gilt; mehr, wo das Bild mehr davon hat' },
      radius: { label: 'Radius', hint: 'des Feldes bei geführt und Lee, in Pixeln; Durchgänge bei SRAD' },
    },
  },
  'non-local-means': {
    title: 'Nicht-lokale Mittel',
    settings: {
      noise: { label: 'Rauschen', hint: 'Speckle: stärker, wo es heller ist; gleichmäßig: überall gleich' },
      strength: { label: 'Stärke', hint: 'wie verschieden Stellen sein dürfen, die als gleiches Gewebe gelten' },
    },
  },
  detail: {
    title: 'Detailschärfe',
    settings: {
      method: { label: 'Verfahren', hint: 'unscharf maskiert: feine Strukturen; mehrstufig: auch Drähte, Gefäße und Wände' },
      strength: { label: 'Stärke', hint: 'wie viel vom Detail noch einmal dazukommt' },
      noise: { label: 'Rauschschutz', hint: 'Graustufen Detail, die bleiben, wie sie sind' },
    },
  },
  tone: {
    title: 'Graustufen',
    settings: {
      gamma: { label: 'Gamma', hint: 'über 1 wird dunkles Gewebe heller, unter 1 dunkler; Schwarz und Weiß bleiben' },
      localContrast: { label: 'Lokaler Kontrast', hint: 'wie viel Kontrast jeder Teil des Bildes gewinnen darf; 0: aus, üblich ist 2' },
      tiles: { label: 'Teile', hint: 'des Bildes entlang jeder Seite, für den lokalen Kontrast' },
      invert: { label: 'Invertieren', hint: 'Schwarz wird Weiß' },
    },
  },
  'colour-map': {
    title: 'Einfärbung',
    settings: { map: { label: 'Farbskala', hint: 'Farben von dunkel bis hell' } },
  },
  overlay: {
    title: 'Eingebrannte Angaben',
    settings: {
      ruler: { label: 'Tiefenskala', hint: 'Zentimeterstriche, wo das Bild kalibriert ist' },
      text: { label: 'Text', hint: 'eine Zeile oben links; keine Patientendaten' },
      opacity: { label: 'Deckkraft', hint: 'von Skala und Text' },
    },
  },
  annotation: {
    title: 'Eingebrannte Zeichnung',
    settings: { opacity: { label: 'Deckkraft', hint: 'aller Formen' } },
  },
  'b-mode': {
    title: 'B-Bild',
    settings: {
      compression: { label: 'Kompression', hint: 'wie aus der Stärke des Echos Grau wird: ihr Logarithmus oder ihre vierte Wurzel' },
      dynamicRangeDb: { label: 'Dynamik', hint: 'dB von Schwarz bis Weiß, beim Logarithmus' },
      gainDb: { label: 'Gain', hint: 'dB; bei 0 ist das stärkste Echo, das 16 Bit fassen, weiß' },
      edgeSamples: {
        label: 'Schwarzer Rand',
        hint: 'Abtastwerte an beiden Enden einer Linie, die schwarz bleiben: der Sendepuls, und wo dem Filter auf einer Seite das Signal fehlt',
      },
    },
  },
  'scan-conversion': {
    title: 'Scankonversion',
    settings: {
      height: { label: 'Höhe', hint: 'des Bildes, in Pixeln' },
      interpolation: { label: 'Interpolation', hint: 'zwischen Linien und Abtastwerten; nächster zeigt die Werte, wie sie sind' },
      width: { label: 'Breite', hint: 'in Pixeln; 0: so breit wie der Scan' },
      mmPerPixel: { label: 'Pixelgröße', hint: 'in Millimetern; 0: der ganze Scan passt in die Höhe' },
      probeX: {
        label: 'Schallkopf, x',
        hint: 'Spalte der Mitte der Schallkopffläche, nur mit Pixelgröße; −1: der Scan steht in der Mitte',
      },
      probeY: { label: 'Schallkopf, y', hint: 'Zeile der Mitte der Schallkopffläche, nur mit Pixelgröße; −1: der Scan beginnt oben' },
    },
  },
  orientation: {
    title: 'Lage',
    settings: {
      mirror: { label: 'Spiegeln', hint: 'links wird rechts' },
      upsideDown: { label: 'Kopfüber', hint: 'oben wird unten' },
      turn: { label: 'Drehen', hint: 'Grad im Uhrzeigersinn, nach dem Spiegeln' },
      cropLeft: { label: 'Links beschneiden', hint: 'links abgeschnitten, in Pixeln der Quelle' },
      cropRight: { label: 'Rechts beschneiden', hint: 'rechts abgeschnitten, in Pixeln der Quelle' },
      cropTop: { label: 'Oben beschneiden', hint: 'oben abgeschnitten, in Pixeln der Quelle' },
      cropBottom: { label: 'Unten beschneiden', hint: 'unten abgeschnitten, in Pixeln der Quelle' },
      scale: { label: 'Maßstab', hint: 'dessen, was bleibt; unter 1 ist jedes Pixel das Mittel seiner Fläche, über 1 wird interpoliert' },
    },
  },
  mask: { title: 'Abdeckung', settings: {} },
  'pixel-format': {
    title: 'Pixelformat',
    settings: {
      as: { label: 'Bild', hint: 'grau: Filter für graue Bilder wirken, Farbdoppler verliert seine Farben' },
      matrix: { label: 'Matrix', hint: 'der YUV-Farben, wo die Quelle nichts oder Falsches sagt' },
      range: { label: 'Wertebereich', hint: 'Stufen von YUV: begrenzt ist 16 bis 235' },
    },
  },
};

/** The words that settings of stages are chosen from. Numbers are the same in every language. */
export const germanChoices: Readonly<Record<string, string>> = {
  plain: 'Einfach',
  quantum: 'Quantenrauschen',
  'motion-compensated': 'Bewegungskompensiert',
  guided: 'Geführt',
  lee: 'Lee',
  bilateral: 'Bilateral',
  gaussian: 'Gauß',
  srad: 'SRAD',
  speckle: 'Speckle',
  even: 'Gleichmäßig',
  unsharp: 'Unscharf maskiert',
  'multi-scale': 'Mehrstufig',
  grey: 'Grau',
  sepia: 'Sepia',
  ice: 'Eis',
  hot: 'Glut',
  viridis: 'Viridis',
  log: 'Logarithmus',
  'fourth-root': 'Vierte Wurzel',
  bilinear: 'Bilinear',
  nearest: 'Nächster',
  colour: 'Farbe',
  source: 'Wie die Quelle',
  bt601: 'BT.601',
  bt709: 'BT.709',
  limited: 'Begrenzt',
  full: 'Voll',
};

export const germanPresets: Readonly<Record<string, Pick<Preset, 'title' | 'description'>>> = {
  off: { title: 'Aus', description: 'das Bild, wie es die Quelle gibt' },
  'ultrasound/soft': { title: 'Ultraschall, weich', description: 'beruhigt den Speckle etwas; Klappen und Wände bleiben scharf' },
  'ultrasound/strong': { title: 'Ultraschall, stark', description: 'glattes Gewebe und schwarze Höhlen; feine Textur geht verloren' },
  'fluoro/low-dose': {
    title: 'Durchleuchtung, niedrige Dosis',
    description: 'nimmt das Quantenrauschen weg; ein bewegter Katheter behält Kontrast und Ort',
  },
  'fluoro/strong': {
    title: 'Durchleuchtung, stark',
    description: 'folgt dem bewegten Herzen und glättet am meisten; für sehr niedrige Dosis',
  },
};

/** Where pictures, or parts of them, were lost. */
export const germanPlaces: Readonly<Record<string, string>> = {
  'pool/no-free-slot': 'kein freier Bildspeicher',
  'stages/no-free-slot': 'Bearbeitung zu langsam',
  'worker/restarts': 'Neustart der Quelle',
  'encoder/failed': 'Encoder gescheitert',
  'encoder/no-free-slot': 'Encoder zu langsam',
  'encoder/restarts': 'Neustart des Encoders',
  'viewer/not-decoded': 'hier nicht decodiert',
  'record/no-room': 'Aufzeichnung: kein Platz',
  'record/disk-slow': 'Aufzeichnung: Platte zu langsam',
  'record/failed': 'Aufzeichnung gescheitert',
  'record/out-of-order': 'Aufzeichnung: falsche Reihenfolge',
  'record/restarts': 'Neustart der Aufzeichnung',
  'simulator/late': 'Simulator zu spät',
  'replay/damaged-frame': 'beschädigtes Bild der Aufnahme',
  'v4l2/error-buffer': 'Fehler des Aufnahmegeräts',
  'v4l2/short-picture': 'unvollständiges Bild',
  'v4l2/damaged-jpeg': 'beschädigtes JPEG',
  'v4l2/sequence-gap': 'vom Aufnahmegerät verworfen',
  'openigtlink/bad-message': 'fehlerhafte Nachricht',
  'openigtlink/checksum': 'falsche Prüfsumme',
  'openigtlink/video': 'VIDEO wird nicht gelesen',
  'serial-probe/no-answer': 'Sonde antwortete nicht',
  'serial-probe/no-echo': 'kein Echo',
  'serial-probe/damaged-echo': 'beschädigtes Echo',
  'usb-probe/stray-bytes': 'Bytes ohne Zusammenhang',
  'usb-probe/stray-transfer': 'Übertragung ohne Zusammenhang',
  'usb-probe/missing-line': 'fehlende Linie',
  'usb-probe/missing-picture': 'fehlendes Bild',
  'usb-probe/broken-picture': 'unterbrochenes Bild',
  'usb-probe/line-of-broken-picture': 'Linie eines unterbrochenen Bildes',
  'usb-probe/line-before-first-picture': 'Linie vor dem ersten Bild',
  'usb-probe/line-of-other-endpoint': 'Linie des anderen Endpunkts',
  'usb-probe/line-too-many': 'überzählige Linie',
};

/** Why a source holds its picture, where the drivers say it themselves. */
export const germanReasons: Readonly<Record<string, string>> = {
  'a still picture': 'ein Standbild',
  'the recording has ended': 'die Aufnahme ist zu Ende',
};

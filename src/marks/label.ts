import type { Caption } from './mark.ts';

/**
 * What marks are called, by examination. A label is kept by its code, so that it can be shown in any language; free text is kept as typed.
 * Views: Mitchell et al., J Am Soc Echocardiogr 2019;32:1-64 (transthoracic), Hahn et al. 2013;26:921-964 (transoesophageal);
 * left heart measurements: Lang et al. 2015;28:1-39; coronary segments: Austen et al., Circulation 1975;51:5-40.
 */
export const vocabularies = {
  'transthoracic-echo': {
    plax: 'PLAX',
    'psax-av': 'PSAX AV',
    'psax-mv': 'PSAX MV',
    'psax-pm': 'PSAX PM',
    'psax-apex': 'PSAX apex',
    a4c: 'A4C',
    a5c: 'A5C',
    a2c: 'A2C',
    a3c: 'A3C',
    sc4c: 'SC 4C',
    'sc-ivc': 'SC IVC',
    ssn: 'SSN',
    lvidd: 'LVIDd',
    lvids: 'LVIDs',
    ivsd: 'IVSd',
    lvpwd: 'LVPWd',
    lvotd: 'LVOT diam',
    'ao-root': 'Ao root',
    tapse: 'TAPSE',
  },
  'transoesophageal-echo': {
    'me-4c': 'ME 4C',
    'me-2c': 'ME 2C',
    'me-lax': 'ME LAX',
    'me-av-sax': 'ME AV SAX',
    'me-bicaval': 'ME bicaval',
    'tg-mid-sax': 'TG mid SAX',
    'tg-lax': 'TG LAX',
    laa: 'LAA',
    pfo: 'PFO',
  },
  heart: {
    lv: 'LV',
    rv: 'RV',
    la: 'LA',
    ra: 'RA',
    ao: 'Ao',
    pa: 'PA',
    ivs: 'IVS',
    ias: 'IAS',
    mv: 'MV',
    av: 'AV',
    tv: 'TV',
    pv: 'PV',
    ivc: 'IVC',
    svc: 'SVC',
    effusion: 'Effusion',
    thrombus: 'Thrombus',
    vegetation: 'Vegetation',
  },
  vessels: {
    cca: 'CCA',
    ica: 'ICA',
    eca: 'ECA',
    va: 'VA',
    sca: 'SCA',
    aorta: 'Aorta',
    'renal-artery': 'RA ren',
    cia: 'CIA',
    cfa: 'CFA',
    sfa: 'SFA',
    'popliteal-artery': 'Pop A',
    ijv: 'IJV',
    cfv: 'CFV',
    fv: 'FV',
    'popliteal-vein': 'Pop V',
    gsv: 'GSV',
    plaque: 'Plaque',
    stenosis: 'Stenosis',
  },
  angiography: {
    lm: 'LM',
    lad: 'LAD',
    d1: 'D1',
    d2: 'D2',
    lcx: 'LCx',
    om1: 'OM1',
    om2: 'OM2',
    rca: 'RCA',
    pda: 'PDA',
    pla: 'PLA',
    lima: 'LIMA',
    svg: 'SVG',
    lesion: 'Lesion',
    reference: 'Reference',
    stent: 'Stent',
    'catheter-tip': 'Catheter tip',
  },
} as const;

export type Examination = keyof typeof vocabularies;
export type LabelCode = { [E in Examination]: keyof (typeof vocabularies)[E] }[Examination];

const textByCode: ReadonlyMap<string, string> = new Map(Object.values(vocabularies).flatMap((labels) => Object.entries(labels)));

export const labelCodes = [...textByCode.keys()] as readonly LabelCode[];

/** The words of a label or of free text. */
export function captionText(caption: Caption): string {
  return 'text' in caption ? caption.text : (textByCode.get(caption.label) ?? caption.label);
}

/** Pictograms on which the place of the probe is shown. */
export const bodyParts = [
  'chest-front',
  'chest-left',
  'chest-back',
  'neck-left',
  'neck-right',
  'abdomen',
  'pelvis',
  'breast-left',
  'breast-right',
  'arm-left',
  'arm-right',
  'leg-left',
  'leg-right',
] as const;
export type BodyPart = (typeof bodyParts)[number];

import Type, { type Static } from 'typebox';
import { ManualCalibrationSchema } from '../marks/mark.ts';
import { RegionSchema } from './region.ts';
import { roleNames } from './roles.ts';
import { Answered, Asked, Count, ErrorReportSchema, exact, Micros, message, oneOf, StreamId, Text } from './schema.ts';

/**
 * Everything about an examination: who marks what, what is kept, and what was kept before. Marks themselves are checked by
 * `parseMark` of src/marks, which says more precisely what is wrong than a schema.
 */

const longestName = 64;

const MarkId = Type.String({ pattern: '^[0-9a-f]{16}$', description: 'chosen at random by who draws it: sent again, it is the same mark' });
const KeptId = Type.String({
  pattern: '^[0-9a-f]{16}$',
  description: 'of a still, a clip or a bookmark; chosen at random by who asks for it',
});
const ExaminationId = Type.String({ pattern: '^2\\.25\\.[0-9]{1,39}$', description: 'DICOM UID of the study (PS3.5 B.2)' });
const Revision = Type.Integer({ minimum: 0, maximum: 0x7fffffff, description: 'counts the changes of a mark; 0: not yet kept' });
const Shape = Type.Unknown({ description: 'a mark: kind, points, and what belongs to its kind, as in the table of marks' });
const Place = Type.Object(
  { x: Type.Number({ description: 'pixels' }), y: Type.Number({ description: 'pixels' }) },
  exact('a place in the picture, in pixels from its upper left corner'),
);
const FromUs = Micros('capture time of the frame that it belongs to, or of the first one');
const UntilUs = Type.Optional(
  Micros('capture time of the last frame that it belongs to, the same for one frame; absent: every frame from the first on'),
);

const During = Type.Optional(
  Type.String({
    pattern: '^2\\.25\\.[0-9]{1,39}$',
    description: 'the examination that was open when it was made: refused where another one is open now; absent: whichever is',
  }),
);

const OnFrame = Type.Object(
  { epoch: Type.Integer({ minimum: 0, maximum: 0xffff, description: 'of the frame header' }) },
  exact('a live or past frame'),
);

/** Which picture a mark lies on: it decides the calibration, which is never taken from a viewer. */
const On = Type.Union([OnFrame, Type.Object({ kept: KeptId }, exact('a still or a clip'))], { description: 'what it lies on' });

const PointedAtUs = Type.Optional(Micros('capture time of the frame that is pointed at; absent: the live picture'));

export const AuthorSchema = Type.Object(
  { name: Text('as the others see it', 80), key: Text('tells people of the same name apart; no secret', 16) },
  exact('somebody who marks'),
);

export const PatientSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: longestName, description: 'family name, given name' }),
    id: Type.String({ maxLength: longestName, description: 'number of the patient; empty: not known' }),
    born: Type.Optional(Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', description: 'date of birth, YYYY-MM-DD' })),
    sex: Type.Optional(oneOf(['female', 'male', 'other'], 'as in DICOM (0010,0040)')),
  },
  exact('a patient'),
);

const PictureSchema = Type.Object(
  {
    width: Type.Integer({ description: 'pixels' }),
    height: Type.Integer({ description: 'pixels' }),
    regions: Type.Array(RegionSchema, { description: 'calibration of the source' }),
    manual: Type.Optional(ManualCalibrationSchema),
  },
  exact('the picture that it was drawn on: its values follow from this, whatever the stream has become since'),
);

export const SharedMarkSchema = Type.Object(
  {
    mark: MarkId,
    stream: Type.Optional(StreamId),
    /** Marks on what was kept lie there and not on the live picture. */
    kept: Type.Optional(KeptId),
    revision: Revision,
    shape: Shape,
    fromUs: FromUs,
    untilUs: UntilUs,
    picture: PictureSchema,
    rPeaksUs: Type.Optional(
      Type.Array(Micros('capture time'), {
        description:
          'of an end-diastolic outline: the R peaks around its frame, up to three before and behind, where the source tells them',
      }),
    ),
    author: AuthorSchema,
    madeUs: Micros('server clock'),
    changedUs: Micros('server clock'),
    changedBy: Type.Optional(AuthorSchema),
  },
  exact('a mark as it is kept'),
);

export const keptStates = ['running', 'writing', 'kept', 'failed', 'discarded'] as const;

export const KeptSchema = Type.Object(
  {
    kept: KeptId,
    kind: oneOf(['still', 'clip'], 'one frame, or a run of frames'),
    stream: Type.Optional(StreamId),
    source: Text('name of the stream'),
    modality: oneOf(['ultrasound', 'x-ray', 'other'], 'kind of picture'),
    state: oneOf(
      keptStates,
      'running: its end is not yet there; writing; kept: safe on disk; failed: nothing was kept, `error` says why; discarded: it is gone, with its marks',
    ),
    fromUs: Micros('capture time of its first frame'),
    toUs: Micros('capture time of its last frame'),
    frames: Count('frames in it'),
    lost: Count('frames that were captured in its time and are missing'),
    bytes: Count('on disk'),
    automatic: Type.Optional(oneOf(['last-image-hold', 'last-loop'], 'kept without being asked for; replaced by the next')),
    author: AuthorSchema,
    madeUs: Micros('server clock'),
    error: Type.Optional(ErrorReportSchema),
  },
  exact('a still or a clip'),
);

export const BookmarkSchema = Type.Object(
  {
    bookmark: KeptId,
    stream: StreamId,
    atUs: Micros('capture time of the frame'),
    text: Text('what somebody said of it; may be empty', 80),
    author: AuthorSchema,
  },
  exact('a moment that somebody wants to find again'),
);

export const ExaminationSchema = Type.Object(
  {
    examination: ExaminationId,
    patient: Type.Optional(PatientSchema),
    anonymous: Type.Boolean({ description: 'no patient was entered' }),
    openedUs: Micros('server clock'),
    closedUs: Type.Optional(Micros('server clock; absent: open')),
    stills: Count('stills in it'),
    clips: Count('clips in it'),
    marks: Count('marks in it'),
  },
  exact('an examination; its patient is told to markers and operators only'),
);

const EarlierSchema = Type.Object(
  {
    examination: ExaminationId,
    patient: Type.Optional(PatientSchema),
    anonymous: Type.Boolean({ description: 'no patient was entered' }),
    kept: Type.Array(KeptId, { description: 'what of it is on the layouts' }),
    marks: Type.Array(SharedMarkSchema, { description: 'those that lie on that' }),
  },
  exact('an examination that is not open; its patient is told to operators only'),
);

export const archiveStates = ['ready', 'low', 'full', 'read-only', 'damaged', 'failed'] as const;

export const ArchiveStateSchema = Type.Object(
  {
    state: oneOf(
      archiveStates,
      'ready; low: the disk fills up; full: nothing more is kept; read-only: the disk refuses; damaged: the store was found damaged; failed. The live picture goes on in each.',
    ),
    freeBytes: Type.Optional(Type.Number({ description: 'left on the disk' })),
    minutesLeft: Type.Optional(Type.Number({ description: 'until it is full, at the rate of the last minutes' })),
    error: Type.Optional(ErrorReportSchema),
  },
  exact('whether things can be kept'),
);

export const examinationServerMessages = {
  examination: message('examination', 'The examination that is open, after hello and at every change; without one nothing was kept yet.', {
    examination: Type.Optional(ExaminationSchema),
    boundaryUs: Type.Optional(Micros('what was captured before belongs to an earlier examination; absent: there was none')),
    archive: ArchiveStateSchema,
    author: Type.Optional(Type.Object(AuthorSchema.properties, exact('after hello: this viewer itself, as it stands in what it makes'))),
  }),
  marks: message('marks', 'All marks of the examination that is open, and of what was kept in it; after `examination`.', {
    marks: Type.Array(SharedMarkSchema, { description: 'in the order in which they lie over each other' }),
  }),
  'mark-put': message('mark-put', 'A mark was drawn or changed, and is on disk. The order of these is the same for everybody.', {
    request: Type.Optional(Answered),
    mark: SharedMarkSchema,
  }),
  'mark-removed': message('mark-removed', 'A mark was taken away, and that is on disk.', {
    request: Type.Optional(Answered),
    mark: MarkId,
    revision: Revision,
    by: AuthorSchema,
  }),
  'mark-drafted': message('mark-drafted', 'Somebody is drawing: as it looks now, not kept yet.', {
    viewer: Type.Integer({ description: 'who' }),
    name: Text('who', 80),
    mark: MarkId,
    stream: Type.Optional(StreamId),
    kept: Type.Optional(KeptId),
    shape: Type.Optional(Type.Unknown({ description: 'as in put-mark; absent: it came to nothing, or a mark-put follows' })),
    picture: Type.Optional(PictureSchema),
    fromUs: FromUs,
    untilUs: UntilUs,
  }),
  calibrated: message('calibrated', 'Somebody calibrated a stream by hand, or took that back.', {
    request: Type.Optional(Answered),
    stream: StreamId,
    calibration: Type.Optional(ManualCalibrationSchema),
    by: AuthorSchema,
  }),
  pointed: message('pointed', 'Somebody points at a place.', {
    viewer: Type.Integer({ description: 'who' }),
    name: Text('who', 80),
    stream: Type.Optional(StreamId),
    kept: Type.Optional(KeptId),
    atUs: PointedAtUs,
    points: Type.Array(Place, { description: 'where the pointer has been since the last such message; empty: it has left' }),
    drawing: Type.Boolean({ description: 'the way of the pointer is to be seen, and fades' }),
  }),
  present: message('present', 'Who is connected: after hello and when somebody comes or goes.', {
    viewers: Type.Array(
      Type.Object(
        {
          viewer: Type.Integer({ description: 'number of the viewer' }),
          name: Text('name', 80),
          role: oneOf(roleNames, 'as in hello'),
        },
        exact('somebody'),
      ),
      { description: 'this viewer too' },
    ),
  }),
  kept: message('kept', 'A still or a clip was asked for, goes on, or is on disk; after `examination` every one of it.', {
    request: Type.Optional(Answered),
    kept: KeptSchema,
  }),
  'kept-on-walls': message(
    'kept-on-walls',
    'Every still and clip on the layouts of the room that this viewer may see, also of earlier examinations; after hello and at every change. Observers are told none.',
    {
      kept: Type.Array(KeptSchema, { description: 'in any order' }),
      earlier: Type.Array(EarlierSchema, { description: 'whose they are that are not of the open examination, and what is drawn on them' }),
    },
  ),
  bookmarks: message('bookmarks', 'All bookmarks of the examination, after `examination` and when there is one more or less.', {
    request: Type.Optional(Answered),
    bookmarks: Type.Array(BookmarkSchema, { description: 'by time' }),
  }),
  'examination-set': message('examination-set', 'Answer to open-, close- and reopen-examination and name-patient, when it is on disk.', {
    request: Answered,
    examination: Type.Optional(ExaminationSchema),
  }),
  examinations: message('examinations', 'Answer to find-examinations, newest first.', {
    request: Answered,
    examinations: Type.Array(ExaminationSchema, { description: 'at most fifty' }),
    more: Type.Boolean({ description: 'there are older ones' }),
  }),
  'examination-content': message('examination-content', 'Answer to look-into.', {
    request: Answered,
    examination: ExaminationSchema,
    kept: Type.Array(KeptSchema, { description: 'by time' }),
    marks: Type.Array(SharedMarkSchema, { description: 'all' }),
    bookmarks: Type.Array(BookmarkSchema, { description: 'by time' }),
  }),
} as const;

export const examinationViewerMessages = {
  'put-mark': message('put-mark', 'Keeps a mark, or a change of one. For markers; a mark of somebody else only for operators.', {
    request: Asked,
    mark: MarkId,
    examination: During,
    stream: Type.Optional(StreamId),
    on: On,
    revision: Revision,
    shape: Shape,
    fromUs: FromUs,
    untilUs: UntilUs,
  }),
  'remove-mark': message('remove-mark', 'Takes a mark away. For who may change it.', { request: Asked, mark: MarkId, revision: Revision }),
  'draft-mark': message('draft-mark', 'Shows the others a mark while it is drawn. Not answered. For markers.', {
    mark: MarkId,
    stream: Type.Optional(StreamId),
    kept: Type.Optional(KeptId),
    on: Type.Optional(OnFrame),
    shape: Type.Optional(Shape),
    fromUs: FromUs,
    untilUs: UntilUs,
  }),
  calibrate: message(
    'calibrate',
    'Calibrates a stream by a length that somebody knows, for all marks on that picture of it. For markers.',
    {
      request: Asked,
      stream: StreamId,
      examination: During,
      on: Type.Optional(OnFrame),
      fromUs: Type.Optional(Micros('capture time of the frame that the length was drawn on; without it and `on`: as the stream is now')),
      calibration: Type.Optional(Type.Unknown({ description: 'two points and what lies between them; absent: takes it back' })),
    },
  ),
  point: message('point', 'Points at a place of a stream, or of a still or a clip. Not answered. For markers.', {
    stream: Type.Optional(StreamId),
    kept: Type.Optional(KeptId),
    atUs: PointedAtUs,
    points: Type.Array(Place, { maxItems: 64, description: 'since the last such message; empty: it has left the picture' }),
    drawing: Type.Boolean({ description: 'its way is to be seen' }),
  }),
  keep: message('keep', 'Keeps a still, or a clip of what was and of what comes. For markers.', {
    request: Asked,
    kept: KeptId,
    stream: StreamId,
    kind: oneOf(['still', 'clip'], 'one frame, or a run of frames'),
    examination: During,
    fromUs: Type.Optional(Micros('capture time of the frame, or of the first one; absent: the newest')),
    toUs: Type.Optional(Micros('of a clip: capture time of the last frame, which may be to come; absent: until `keep-until`')),
  }),
  'keep-until': message('keep-until', 'Ends a running clip. For markers.', {
    request: Asked,
    kept: KeptId,
    toUs: Type.Optional(Micros('capture time of its last frame; absent: the newest')),
  }),
  'discard-kept': message('discard-kept', 'Takes a still or a clip away, with its marks. For operators, and whoever made it.', {
    request: Asked,
    kept: KeptId,
  }),
  bookmark: message('bookmark', 'Makes a moment findable. For everybody.', {
    request: Asked,
    bookmark: KeptId,
    stream: StreamId,
    atUs: Micros('capture time of the frame'),
    text: Text('may be empty', 80),
    examination: During,
  }),
  'remove-bookmark': message('remove-bookmark', 'Takes a bookmark away. For operators, and whoever made it.', {
    request: Asked,
    bookmark: KeptId,
  }),
  'open-examination': message('open-examination', 'Opens an examination; one that is open is closed. For operators.', {
    request: Asked,
    patient: Type.Optional(PatientSchema),
  }),
  'name-patient': message('name-patient', 'Enters or corrects the patient of the open examination. For operators.', {
    request: Asked,
    patient: PatientSchema,
  }),
  'close-examination': message('close-examination', 'Closes the examination that is open. For operators.', { request: Asked }),
  'reopen-examination': message('reopen-examination', 'Opens an earlier examination again; one that is open is closed. For operators.', {
    request: Asked,
    examination: ExaminationId,
  }),
  'find-examinations': message('find-examinations', 'Looks for examinations. For operators.', {
    request: Asked,
    text: Text('words of the name and the number of the patient, or parts of them, in any order; empty: all', longestName),
    beforeUs: Type.Optional(Micros('only those opened before')),
  }),
  'look-into': message('look-into', 'What an earlier examination contains, without opening it. For operators.', {
    request: Asked,
    examination: ExaminationId,
  }),
} as const;

export type Author = Static<typeof AuthorSchema>;
export type Patient = Static<typeof PatientSchema>;
export type SharedMark = Static<typeof SharedMarkSchema>;
export type Kept = Static<typeof KeptSchema>;
export type Bookmark = Static<typeof BookmarkSchema>;
export type Examination = Static<typeof ExaminationSchema>;
export type Earlier = Static<typeof EarlierSchema>;
export type ArchiveState = Static<typeof ArchiveStateSchema>;

/**
 * Every error a user can meet: its code, what happened and what to do.
 * `{name}` is replaced by the field of that name. `docs/errors.md` is generated from this table.
 */
export const errorTable = {
  'cli/unknown-option': { message: 'unknown option {option}', remedy: 'see lumencast --help' },
  'cli/bad-value': { message: '{option} cannot be {value}', remedy: 'allowed: {allowed}' },
  'config/unreadable': { message: '{file} cannot be read: {reason}', remedy: 'check the path and the permissions' },
  'config/not-json': { message: '{file} is not JSON: {reason}', remedy: 'correct the file at the place named' },
  'config/unknown-key': { message: '{file}: {key} is not a known key', remedy: 'allowed here: {allowed}' },
  'config/bad-value': { message: '{file}: {key} is {value}', remedy: 'allowed: {allowed}' },
  'config/missing-key': { message: '{file}: {key} is missing', remedy: 'allowed: {allowed}' },
  'server/port-busy': { message: 'port {port} on {host} is taken', remedy: 'choose another with --port, 0 for any' },
  'server/not-built': { message: 'the web client is not built ({path} is missing)', remedy: 'start with npm start, which builds it' },
  'server/not-closed': { message: '{what} could not be closed: {reason}', remedy: 'check the disk; everything else was closed' },
  'server/failed': { message: 'it cannot go on: {reason}', remedy: 'report this with the command line' },
  'server/no-answer': { message: 'the server does not answer', remedy: 'try again' },
  'server/unreached': { message: 'the server does not answer', remedy: 'wait: it is asked again' },
  'server/line-down': { message: 'the line is down: nothing was kept', remedy: 'try again when it is back' },
  'server/line-cut': { message: 'the line was cut before there was an answer', remedy: 'try again' },
  'server/odd-answer': { message: 'the server answered with {status}', remedy: 'try again' },
  'kernels/no-simd': { message: '{where} has no WebAssembly SIMD', remedy: 'use a current browser, or Node 20 and later' },
  'kernels/not-built': { message: 'the kernels are not built ({path} is missing)', remedy: 'start with npm start, which builds them' },
  'frame/loan-ended': {
    message: 'the loan of frame {sequence} has ended',
    remedy: 'call retain() inside the next() that delivers the frame, and dispose what you retained',
  },
  'frame/bad-format': { message: 'a frame format was refused: {reason}', remedy: 'correct the driver that announced it' },
  'frame/memory-limit': {
    message: 'the stream needs {needMiB} MiB of frame memory, {limitMiB} MiB are allowed',
    remedy: 'raise limits.memoryMiB or lower the size of the picture',
  },
  'device/unknown-driver': { message: 'there is no driver called {driver}', remedy: 'known drivers: {known}' },
  'device/crashed': { message: 'the driver {driver} failed: {reason}', remedy: 'the session starts it again by itself' },
  'device/silent': { message: 'the driver {driver} has not answered for {seconds} s', remedy: 'the session starts it again by itself' },
  'device/gone': { message: '{device} was unplugged', remedy: 'plug it in again: its picture comes back by itself' },
  'device/not-found': {
    message: '{device} is not attached',
    remedy: 'plug it in: its picture comes by itself; lumencast devices lists what is attached',
  },
  'device/discovery-failed': {
    message: 'the driver {driver} could not say what is attached: {reason}',
    remedy: 'its other work goes on; report this with the device that is attached',
  },
  'device/discovery-crashed': {
    message: 'the driver {driver} crashed while it looked for devices: {reason}',
    remedy: 'unplug the device that does not answer as it should; it is asked again in half a minute',
  },
  'device/discovery-silent': {
    message: 'the driver {driver} has not said within {seconds} s what is attached',
    remedy: 'unplug the device that does not answer; it is asked again in half a minute',
  },
  'calibrate/no-step': {
    message: 'the stream does not see the page: it is as bright in black ({black}) as in white ({white})',
    remedy: 'show the page full screen where the device sees it, and keep other light away',
  },
  'calibrate/steps-missed': {
    message: 'the stream did not show {missed} of {steps} steps within three seconds',
    remedy: 'let nothing but the page be seen; a device with a longer delay cannot be measured so',
  },
  'calibrate/page-gone': {
    message: 'the page has not answered for {seconds} s',
    remedy: 'keep it open and in front: a page that is hidden draws nothing',
  },
  'calibrate/not-streaming': { message: '{stream} sends no pictures: it is {state}', remedy: 'start its source' },
  'calibrate/not-written': { message: '{file} cannot be written: {reason}', remedy: 'put deviceDelayMs into the stream by hand' },
  'devices/rules-not-permitted': {
    message: '{file} may not be written by this user',
    remedy: 'run it as root: sudo lumencast devices --udev; or name another file',
  },
  'devices/rules-not-written': {
    message: '{file} cannot be written: {reason}',
    remedy: 'name another file: lumencast devices --udev FILE, or - for standard output',
  },
  'device/planted-fault': { message: 'the simulator was told to fail here ({kind})', remedy: 'remove it from options.faults' },
  'replay/unreadable': { message: '{file} cannot be read: {reason}', remedy: 'check the path and the permissions' },
  'replay/too-large': { message: '{file} has {bytes} bytes, at most {limit} are read', remedy: 'cut the recording into parts' },
  'replay/unknown-kind': { message: '{file} is neither DICOM nor MetaImage', remedy: 'give a recording of one of these kinds' },
  'replay/not-readable': { message: '{file} is not a readable recording: {reason}', remedy: 'export it again from its source' },
  'replay/bad-header': { message: '{file}: {reason}', remedy: 'export it again from its source' },
  'replay/unknown-syntax': {
    message: '{file} is compressed in a way that is not known here: transfer syntax {syntax}',
    remedy: 'export it uncompressed, or as JPEG, JPEG-LS, JPEG 2000, HTJ2K or RLE',
  },
  'replay/no-pixels': { message: '{file} holds no pictures', remedy: 'give a recording with pixel data' },
  'replay/not-lines': {
    message: '{file} cannot be played as scan lines: {reason}',
    remedy: 'correct the options scan and rf of the stream',
  },
  'replay/no-frames': { message: '{file} announces pictures but none is whole: {reason}', remedy: 'export it again from its source' },
  'replay/damaged-frame': { message: '{file}: frame {frame} is damaged: {reason}', remedy: 'the other frames are played' },
  'replay/all-damaged': { message: '{file}: no frame can be decoded; the first: {reason}', remedy: 'export it again from its source' },
  'replay/decoder-silent': { message: '{file}: frame {frame} was not decoded within {seconds} s', remedy: 'the other frames are played' },
  'stage/unknown': { message: 'there is no stage called {stage}', remedy: 'known stages: {known}' },
  'stage/frozen-only': { message: 'the stage {stage} is too slow for a live picture', remedy: 'freeze the picture and set it there' },
  'stage/no-source': { message: 'the source of {stream} has not told its format yet', remedy: 'set the stage when its picture is there' },
  'stage/band-lost': {
    message: 'a thread that works on a part of every picture does not answer',
    remedy: 'nothing: the stream starts again on one core; report it if it comes back',
  },
  'stage/twice': { message: 'the stage {stage} is listed twice', remedy: 'list every stage once' },
  'stage/unknown-preset': { message: 'there is no preset called {preset}', remedy: 'known presets: {known}' },
  'stage/changed-meanwhile': {
    message: 'the stage {stage} was set by somebody else meanwhile: it was not taken back',
    remedy: 'set it by hand where it should be otherwise',
  },
  'stage/bad-option': { message: '{stage}.{option} is {value}', remedy: 'allowed: {allowed}' },
  'codec/damaged': {
    message: 'a picture cannot be decoded ({codec}): {reason}',
    remedy: 'nothing: it was left out and counted; the next one comes',
  },
  'codec/unknown': { message: 'there is no codec with the number {codec}', remedy: 'use a client of the same protocol version' },
  'protocol/bad-header': { message: 'not a frame header: {reason}', remedy: 'see docs/protocol.md' },
  'protocol/not-json': { message: 'a text message is not JSON', remedy: 'see docs/protocol.md' },
  'protocol/bad-message': { message: 'message refused at {where}: {reason}', remedy: 'see docs/protocol.md' },
  'protocol/binary-refused': { message: 'a viewer sends text messages only', remedy: 'see docs/protocol.md' },
  'protocol/too-many': { message: 'more than {limit} messages a second', remedy: 'send less' },
  'protocol/unknown-route': { message: 'there is nothing at this address', remedy: 'see docs/protocol.md' },
  'protocol/unknown-address': { message: 'the WebSocket is at {address}', remedy: 'see docs/protocol.md' },
  'protocol/unknown-stream': { message: 'there is no stream {stream}', remedy: 'use an id of the hello message' },
  'ffmpeg/missing': {
    message: 'the program {program} cannot be started: {reason}',
    remedy: 'install ffmpeg, or name it in the option program',
  },
  'ffmpeg/too-old': { message: 'ffmpeg {version} is too old', remedy: 'install version {needed} or later' },
  'ffmpeg/no-input': { message: 'ffmpeg finds no {input}: {reason}', remedy: 'plug the device in, start the sender, or correct the input' },
  'ffmpeg/no-rights': {
    message: 'ffmpeg may not open {input}: {reason}',
    remedy: 'give this user the right to it (video devices: group video), or correct name and password',
  },
  'ffmpeg/busy': { message: '{input} is in use: {reason}', remedy: 'close the program that uses it' },
  'ffmpeg/bad-input': { message: 'ffmpeg cannot read {input}: {reason}', remedy: 'check what the source sends' },
  'ffmpeg/bad-option': {
    message: 'ffmpeg does not understand what it is asked of {input}: {reason}',
    remedy: 'correct format and inputOptions',
  },
  'ffmpeg/ended': { message: 'ffmpeg ended with {input}: {reason}', remedy: 'it is tried again by itself' },
  'ffmpeg/silent': { message: '{input} has sent nothing for {seconds} s', remedy: 'check the source; it is tried again by itself' },
  'ffmpeg/bad-output': { message: 'ffmpeg gave {reason}', remedy: 'report this with the version of ffmpeg' },
  'v4l2/other-system': {
    message: 'there is no V4L2 on this system ({system})',
    remedy: 'use the driver ffmpeg, with format dshow on Windows and avfoundation on macOS',
  },
  'v4l2/no-rights': {
    message: '{device} may not be opened by this user ({reason})',
    remedy: 'add the user to the group video, or install the rule that `lumencast devices --udev` writes',
  },
  'v4l2/busy': { message: '{device} is in use ({reason})', remedy: 'close the program that uses it' },
  'v4l2/refused': { message: '{device} refuses ({reason})', remedy: 'it is tried again by itself; if that does not help, plug it in anew' },
  'v4l2/no-capture': {
    message: '{device} is no source of pictures: {reason}',
    remedy: 'choose another of those that `lumencast devices` lists',
  },
  'v4l2/no-input': { message: '{device} has no {kind} {asked}', remedy: 'it has: {allowed}' },
  'v4l2/no-signal': { message: '{device}: {reason}', remedy: 'check the cable and the source; it is tried again by itself' },
  'v4l2/no-format': { message: '{device} does not deliver {asked}', remedy: 'it delivers: {offered}' },
  'v4l2/outside': { message: 'the crop leaves the picture of {device}', remedy: 'the picture has {width}x{height} pixels' },
  'v4l2/source-changed': { message: 'another signal arrives at {device}', remedy: 'nothing: it is opened anew by itself' },
  'v4l2/silent': { message: '{device} has sent nothing for {seconds} s', remedy: 'check cable and source; it is tried again by itself' },
  'v4l2/broken': {
    message: '{device} gave {buffers} buffers back in error, one after another',
    remedy: 'nothing: it is opened anew by itself; if that does not help, plug it in anew, at another port',
  },
  'v4l2/wrong-picture': {
    message: '{device} sent {count} pictures that are not of its format: {reason}',
    remedy: 'choose another pixelFormat: some devices list formats that they do not send',
  },
  'serial-probe/transmit-off': {
    message: '{device} is not started: its pulser puts high voltage on the element, and nothing allows it to',
    remedy: 'set the option transmit of the stream to true when the element is connected',
  },
  'serial-probe/no-rights': {
    message: '{device} may not be opened by this user ({reason})',
    remedy: 'add the user to the group dialout, or install the rule that `lumencast devices --udev` writes',
  },
  'serial-probe/busy': { message: '{device} is in use ({reason})', remedy: 'close the program that uses it, e.g. a terminal' },
  'serial-probe/refused': {
    message: '{device} cannot be used as a serial line: {reason}',
    remedy: 'check that it is one, and that stty is installed',
  },
  'serial-probe/silent': { message: '{device} does not answer ({reason})', remedy: 'plug it in anew; it is tried again by itself' },
  'serial-probe/not-a-probe': {
    message: '{device} is no probe that is known here, it says: {reason}',
    remedy: 'choose another device, or load the firmware of pic0rick',
  },
  'openigtlink/no-connection': {
    message: 'nothing answers at {place}: {reason}',
    remedy: 'start the OpenIGTLink server there, or correct host and port',
  },
  'openigtlink/connection-lost': { message: 'the connection to {place} is lost: {reason}', remedy: 'it is tried again by itself' },
  'openigtlink/not-a-header': {
    message: 'what came is no OpenIGTLink message: {reason}',
    remedy: 'check that the port is that of an OpenIGTLink server; larger messages: option longestMiB',
  },
  'openigtlink/address-refused': {
    message: 'will not serve OpenIGTLink on {host}: the protocol has neither encryption nor access control',
    remedy: 'use 127.0.0.1, or set openigtlink.openOnNetwork where everybody in that network may watch',
  },
  'openigtlink/bad-message': { message: 'a {type} message was left out: {reason}', remedy: 'correct the sender' },
  'marks/bad-mark': { message: 'a mark was refused: {where} is {value}', remedy: 'allowed: {allowed}' },
  'marks/too-many-points': { message: 'a mark of {points} points was refused', remedy: 'draw it with at most {limit}' },
  'marks/text-too-long': { message: 'a text of {length} characters was refused', remedy: 'write at most {limit}' },
  'marks/markup': {
    message: 'a text was refused: {found} at character {position} is markup or a hidden character',
    remedy: 'write plain text; a < before a number is allowed',
  },
  'marks/off-picture': {
    message: 'point {point} of a mark ({what}) is at {x}, {y}, off the picture of {width}x{height}',
    remedy: 'place it on the picture',
  },
  'marks/bad-calibration': {
    message: 'this length calibrates nothing: {reason}',
    remedy: 'draw along a length that is known, as long as can be',
  },
  'marks/calibrates-kept': {
    message: 'what is kept stays as it was measured: no length is calibrated on it',
    remedy: 'calibrate the live or frozen picture before a still or clip of it is measured',
  },
  'marks/cannot-edit': { message: 'mark {number} stays as it is: {reason}', remedy: 'undo what was done to it meanwhile, or draw it anew' },
  'examination/off': {
    message: '{what}: this server keeps no examinations',
    remedy: 'start it with an archive: archive.folder in the room file',
  },
  'examination/bad-message': { message: 'this was refused: {where} {reason}', remedy: 'correct what is named' },
  'examination/failed': { message: 'it could not be done: {reason}', remedy: 'try again; report this if it stays so' },
  'examination/busy': { message: '{waiting} requests of this viewer wait already', remedy: 'wait for their answers' },
  'examination/unknown': { message: 'there is no examination {examination}', remedy: 'look for it again' },
  'examination/none-open': { message: 'no examination is open', remedy: 'open one' },
  'examination/unknown-mark': { message: 'there is no such mark', remedy: 'it may belong to an examination that was closed; draw it anew' },
  'examination/not-yours': { message: 'this mark is of {author}', remedy: 'ask its author or an operator to change it' },
  'examination/changed-meanwhile': {
    message: '{by} has changed this mark meanwhile',
    remedy: 'look at it as it is now, and change that',
  },
  'examination/elsewhere': { message: 'a mark stays on the stream, still or clip that it was drawn on', remedy: 'draw another one' },
  'examination/too-many-marks': { message: 'an examination has at most {limit} marks', remedy: 'open another examination' },
  'examination/marks-too-large': {
    message: 'the marks of an examination take at most {limitMiB} MiB',
    remedy: 'draw with fewer points, or open another examination',
  },
  'examination/too-many-bookmarks': { message: 'an examination has at most {limit} bookmarks', remedy: 'open another examination' },
  'examination/too-many-of-observer': {
    message: 'an observer makes at most {limit} bookmarks in an examination',
    remedy: 'ask a marker or an operator for more',
  },
  'examination/no-picture': {
    message: 'the picture that this lies on is not known here (stream {stream}, epoch {epoch})',
    remedy: 'draw it on a picture that is shown now',
  },
  'examination/bad-time': { message: 'this belongs to no frame: {reason}', remedy: 'draw it on a frame that was captured' },
  'examination/another': {
    message: 'another examination is open than the one this was drawn in',
    remedy: 'discard it, or keep it in this one if it is the same patient',
  },
  'examination/earlier-picture': {
    message: 'this picture was captured during an earlier examination',
    remedy: 'reopen that examination to mark it or to keep it',
  },
  'examination/not-its-picture': {
    message: 'this picture was not captured during the examination whose patient is to stand on it',
    remedy: 'export it without the patient line, or look into its own examination and export it from there',
  },
  'examination/too-many-kept': { message: 'an examination has at most {limit} stills and clips', remedy: 'open another examination' },
  'examination/too-many-clips': { message: '{limit} clips are running already', remedy: 'end one of them' },
  'examination/kept-taken': { message: 'there is another still or clip of that name', remedy: 'try again' },
  'examination/observer-opens-none': {
    message: 'no examination is open, and an observer opens none',
    remedy: 'ask a marker or an operator to open one',
  },
  'examination/not-your-bookmark': { message: 'this bookmark is of {author}', remedy: 'ask its author or an operator to remove it' },
  'examination/unknown-bookmark': { message: 'this bookmark was removed', remedy: 'make another' },
  'examination/not-your-clip': { message: 'this still or clip is of {author}', remedy: 'ask its author or an operator to do it' },
  'examination/unknown-kept': { message: 'there is no still or clip {kept} in this examination', remedy: 'it may have been discarded' },
  'wall/bad': { message: 'a layout was refused: {reason}', remedy: 'name a picture, or nothing, for each place' },
  'wall/not-all-seen': {
    message: 'the layout {name} shows streams that you may not see',
    remedy: 'keep yours under another name; who may see all streams can change this one',
  },
  'wall/too-many': { message: 'the room keeps {limit} layouts and no more', remedy: 'discard one' },
  'wall/unknown': { message: 'the room has no layout {name}', remedy: 'somebody has discarded it' },
  'archive/folder-unusable': {
    message: 'examinations cannot be kept in {folder}: {reason}',
    remedy: 'make it writable for this user, or name another: archive.folder in the room file',
  },
  'archive/in-use': { message: 'another server uses the archive in {folder}', remedy: 'end it, or name another folder: archive.folder' },
  'archive/newer': {
    message: 'the archive was written by a later version of this program ({version})',
    remedy: 'start that version, or name another folder: archive.folder',
  },
  'archive/not-durable': {
    message: 'the disk behind {folder} cannot promise to keep what is written ({reason})',
    remedy: 'name a folder on a local disk: archive.folder',
  },
  'archive/opening': { message: 'the archive is being opened', remedy: 'try again in a moment' },
  'archive/interrupted': {
    message: 'the archive has stopped and is opened again by itself; it is not known whether this was kept',
    remedy: 'do it again: what was kept is not kept twice',
  },
  'archive/silent': { message: 'the disk of the archive has not answered for {seconds} s', remedy: 'check it; it goes on by itself' },
  'archive/busy': { message: '{waiting} requests wait for the disk of the archive', remedy: 'try again in a moment' },
  'archive/closed': { message: 'the archive is closed', remedy: 'nothing: the server is ending' },
  'archive/full': {
    message: 'the disk of the archive is full: nothing more is kept',
    remedy: 'make room on it, at least 256 MiB; what is kept is safe',
  },
  'archive/read-only': {
    message: 'the disk of the archive takes no writes: nothing more is kept',
    remedy: 'check the disk and its rights',
  },
  'archive/damaged': {
    message: 'the archive was damaged: {rows} entries were recovered, the damaged one is kept as {file}',
    remedy: 'look whether something is missing; check the disk',
  },
  'archive/row-damaged': {
    message: 'something in the archive is not as it was written ({table})',
    remedy: 'nothing: it is opened again by itself, and what can be read is recovered; check the disk',
  },
  'archive/not-mended': {
    message: 'the archive is damaged and could not be recovered: {reason}',
    remedy: 'make room, or take it from a copy',
  },
  'archive/files-missing': {
    message: 'the files of {count} stills and clips are missing',
    remedy: 'take them from a copy into their places; the examinations show which',
  },
  'archive/file-missing': { message: 'its file is missing', remedy: 'take it from a copy' },
  'archive/file-not-written': { message: 'it could not be written: {reason}', remedy: 'check the disk of the archive' },
  'archive/failed': { message: 'the archive could not do this: {reason}', remedy: 'try again; report it if it stays so' },
  'record/off': { message: 'the past of {stream} is not recorded', remedy: 'set past.minutes in the room file' },
  'record/not-there': {
    message: 'the record of {stream} has no frame of the time asked for',
    remedy: 'ask for a time that it has: older frames give way to newer ones',
  },
  'record/too-many-readers': { message: 'more than {limit} are reading the past', remedy: 'ask again' },
  'record/folder-unusable': {
    message: 'the past cannot be kept in {folder}: {reason}',
    remedy: 'name another folder: past.folder in the room file; or past.minutes 0, without it',
  },
  'record/not-written': {
    message: 'frames of {stream} could not be written: {reason}',
    remedy: 'check the disk behind past.folder; the live picture goes on',
  },
  'record/clip-not-written': { message: 'the clip could not be written: {reason}', remedy: 'check the disk; the live picture goes on' },
  'record/cut-short': { message: 'the server ended while this was written', remedy: 'nothing: what was there until then is kept' },
  'record/discarded': { message: 'the clip was discarded', remedy: 'nothing: somebody wanted that' },
  'record/unreadable': { message: '{file} is not a readable frame file: {reason}', remedy: 'take it from a copy' },
  'export/not-there': { message: 'these frames are not there any more', remedy: 'export what was kept, or a later stretch' },
  'export/frame-missing': {
    message: 'frame {frame} of {frames} cannot be had, and a film without it would be untrue',
    remedy: 'try again; export a shorter stretch if it comes back',
  },
  'export/size-changed': {
    message: 'the picture has another size from frame {frame} on',
    remedy: 'export what comes before and behind it apart',
  },
  'export/no-encoder': {
    message: 'this browser cannot write {container} of {width}x{height}',
    remedy: 'choose the other format, or another browser',
  },
  'export/no-place': { message: 'this browser lets the page write no large files', remedy: 'use a current Chromium, Firefox or Safari' },
  'export/no-picture': { message: 'there is no picture to be exported', remedy: 'wait for the picture, or choose what was kept' },
  'export/failed': { message: 'the export failed: {reason}', remedy: 'try again; report it if it comes back' },
  'print/bad-order': { message: 'a print was refused: {where}', remedy: 'allowed: {allowed}' },
  'print/not-there': { message: 'what is to be printed is not there: {what}', remedy: 'choose what the examination lists as kept' },
  'print/busy': { message: '{waiting} prints are being made', remedy: 'try again when one is done' },
  'print/too-slow': { message: 'the print was not ready within {seconds} s', remedy: 'print fewer pictures at once' },
  'print/failed': { message: 'the print could not be made: {reason}', remedy: 'try again; report it if it comes back' },
  'gateway/not-live': { message: '{stream} has no live picture now', remedy: 'ask again; /healthz says what its source is doing' },
  'gateway/no-jpeg': {
    message: 'the pictures of {stream} have more than 8 bits, a JPEG has 8',
    remedy: 'switch its stage window on, or watch it in the monitor',
  },
  'load/refused': { message: '{address} did not let a viewer in: {reason}', remedy: 'check the address, and limits.viewers of the server' },
  'usb-probe/no-library': {
    message: 'the USB library cannot be loaded: {reason}',
    remedy: 'install libudev (Debian: libudev1), or npm install again on this system',
  },
  'usb-probe/no-rights': {
    message: 'this user may not open {device}',
    remedy: 'install the rules that lumencast devices --udev prints, then plug it in again',
  },
  'usb-probe/busy': { message: '{device} is in use', remedy: 'end the program that uses it; one stream can use it at a time' },
  'usb-probe/no-firmware': {
    message: '{device} has no firmware yet',
    remedy: "let its maker's program find it once: that loads the firmware, which stays until it is unplugged",
  },
  'usb-probe/not-that-probe': { message: '{device} is not the probe that its numbers say: {reason}', remedy: 'choose another device' },
  'usb-probe/unknown-probe': { message: 'there is no probe called {probe}', remedy: 'known probes: {known}' },
  'usb-probe/not-enabled': {
    message: '{probe} {does} when it is started, and that is not enabled',
    remedy: 'set {option} to true in the options of the stream, on your own responsibility: it was never run on hardware',
  },
  'usb-probe/bad-set-up': {
    message: '{file} is no recorded set-up: {reason}',
    remedy: "give a table (CSV) of the requests between the probe and its maker's program",
  },
  'usb-probe/bad-recording': { message: '{file} cannot be played: {reason}', remedy: 'give an .npz, an .npy or the bytes as they came' },
  'usb-probe/transfer-failed': { message: '{device} did not {doing}: {reason}', remedy: 'it is tried again by itself; check the cable' },
  'usb-probe/silent': { message: '{device} has sent nothing for {seconds} s', remedy: 'it is started again by itself' },
  'usb-probe/no-lines': {
    message: '{device} has sent {bytes} bytes, but no picture came of them',
    remedy: 'it is started again by itself; give the set-up of its own program (option setUp), or report it',
  },
  'access/origin-refused': { message: 'requests from {origin} are refused', remedy: 'open the address that the server printed' },
  'access/host-unknown': {
    message: 'this server is not called {host}',
    remedy: 'open the address that the server printed, or add the name to names in the configuration',
  },
  'access/no-session': { message: 'nobody comes in without an invitation', remedy: 'ask an operator for one' },
  'access/invitation-unknown': { message: 'this invitation is not known', remedy: 'ask an operator for a new one' },
  'access/invitation-used': { message: 'this invitation has been used already', remedy: 'ask an operator for a new one' },
  'access/expired': { message: 'this invitation has expired', remedy: 'ask an operator for a new one' },
  'access/revoked': { message: 'this invitation was revoked', remedy: 'ask an operator' },
  'access/sent-out': { message: 'an operator has ended this session', remedy: 'ask an operator' },
  'access/not-permitted': { message: '{what} is for the role {needed}, this viewer is {role}', remedy: 'ask an operator' },
  'access/not-all-streams': { message: 'this is for who may see all streams', remedy: 'ask an operator for an invitation to all' },
  'access/unknown-viewer': { message: 'there is no viewer {viewer}', remedy: 'it may have left' },
  'access/unknown-invitation': { message: 'there is no invitation {invitation} in force', remedy: 'it may have ended' },
  'access/no-invitations': {
    message: 'whoever sits at this machine is let in, and nobody else',
    remedy: 'for others listen on an address of this machine (--host), or set access to invited',
  },
  'access/too-many-invitations': { message: 'all {limit} invitations are in force', remedy: 'revoke some' },
  'access/too-many-sessions': { message: 'this invitation has been used {limit} times', remedy: 'ask an operator for a new one' },
  'access/too-many-requests': { message: 'too many requests from this address', remedy: 'wait for {seconds} s' },
  'access/folder-unusable': {
    message: 'the data folder {folder} cannot be used: {reason}',
    remedy: 'make it writable for this user, or name another with --data',
  },
  'access/folder-in-use': {
    message: 'another server (process {pid}) uses the data folder {folder}',
    remedy: 'end it, or name another folder with --data',
  },
  'access/state-damaged': {
    message: '{file} is damaged: {reason}',
    remedy: 'nothing: it was put aside, and everybody needs a new invitation',
  },
  'tls/unreadable': { message: '{file} cannot be read: {reason}', remedy: 'check the path and the permissions' },
  'tls/refused': { message: '{certificate} and {key} cannot be used: {reason}', remedy: 'give a certificate and its own key, both PEM' },
  'tls/expired': { message: '{certificate} was valid until {until}', remedy: 'renew it' },
  'access/too-many-guests': {
    message: 'all {limit} places for guests are taken; the others are for operators',
    remedy: 'raise limits.viewers or close a viewer',
  },
  'access/too-many-of-session': {
    message: 'this invitation already watches over {limit} lines in this browser or program',
    remedy: 'close a window, or raise limits.viewersPerSession',
  },
  'access/too-many-viewers': { message: 'all {limit} places are taken', remedy: 'raise limits.viewers or close a viewer' },
} as const satisfies Record<string, { message: string; remedy: string }>;

export type ErrorCode = keyof typeof errorTable;
export type ErrorFields = Readonly<Record<string, string | number | boolean>>;

/** An error with a code of `errorTable`; `message` and `remedy` are texts for the user. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly fields: ErrorFields;
  readonly remedy: string;

  constructor(code: ErrorCode, fields: ErrorFields = {}, options?: ErrorOptions) {
    super(fill(errorTable[code].message, fields), options);
    this.name = 'AppError';
    this.code = code;
    this.fields = fields;
    this.remedy = fill(errorTable[code].remedy, fields);
  }

  /** The form that crosses threads and the WebSocket: structured clone drops the class. */
  toJSON(): ErrorReport {
    const values = shownFields(this.code, this.fields);
    return { code: this.code, message: this.message, remedy: this.remedy, ...(Object.keys(values).length > 0 && { values }) };
  }
}

export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
  /** What stands in the braces of the table's texts, for another language; absent where there are none. */
  readonly values?: ErrorFields;
}

/** The error that a report tells of, with its texts as they were filled where it was thrown. */
export function errorOf({ code, message, remedy, values }: ErrorReport): AppError {
  return Object.assign(new AppError(code, values), { message, remedy });
}

/** Those that the texts show anyway: a field that no text names may be no business of whoever reads them. */
function shownFields(code: ErrorCode, fields: ErrorFields): ErrorFields {
  const { message, remedy } = errorTable[code];
  return Object.fromEntries(Object.entries(fields).filter(([name]) => `${message} ${remedy}`.includes(`{${name}}`)));
}

/** What reaches a user of any thrown value; what is not an AppError gets `fallback` with its reason. */
export function asAppError(thrown: unknown, fallback: ErrorCode, fields: ErrorFields = {}): AppError {
  if (thrown instanceof AppError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError(fallback, { ...fields, reason: printable(reason) }, { cause: thrown });
}

/** File content and network input reach messages: control characters are escaped, the length is bounded. */
export function printable(text: string, longest = 200): string {
  const escaped = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
  return escaped.length > longest ? `${escaped.slice(0, longest)}…` : escaped;
}

function fill(template: string, fields: ErrorFields): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in fields ? String(fields[name]) : whole));
}

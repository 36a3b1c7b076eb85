import type { ErrorCode } from '../../src/app-error.ts';

interface GermanError {
  readonly message: string;
  readonly remedy: string;
}

/** The error table in German: the same values in braces. */
export const germanErrors: Readonly<Record<ErrorCode, GermanError>> = {
  'cli/unknown-option': { message: 'unbekannte Option {option}', remedy: 'siehe lumencast --help' },
  'cli/bad-value': { message: '{option} kann nicht {value} sein', remedy: 'erlaubt: {allowed}' },
  'config/unreadable': { message: '{file} lässt sich nicht lesen: {reason}', remedy: 'Pfad und Rechte prüfen' },
  'config/not-json': { message: '{file} ist kein JSON: {reason}', remedy: 'die Datei an der genannten Stelle berichtigen' },
  'config/unknown-key': { message: '{file}: {key} ist kein bekannter Schlüssel', remedy: 'hier erlaubt: {allowed}' },
  'config/bad-value': { message: '{file}: {key} ist {value}', remedy: 'erlaubt: {allowed}' },
  'config/missing-key': { message: '{file}: {key} fehlt', remedy: 'erlaubt: {allowed}' },
  'server/port-busy': { message: 'Port {port} auf {host} ist belegt', remedy: 'mit --port einen anderen wählen, 0 für irgendeinen' },
  'server/not-built': {
    message: 'die Oberfläche für den Browser ist nicht gebaut ({path} fehlt)',
    remedy: 'mit npm start beginnen, das baut sie',
  },
  'server/not-closed': {
    message: '{what} ließ sich nicht beenden: {reason}',
    remedy: 'den Datenträger prüfen; alles andere wurde beendet',
  },
  'server/failed': { message: 'es geht nicht weiter: {reason}', remedy: 'dies mit der Befehlszeile melden' },
  'server/no-answer': { message: 'der Server antwortet nicht', remedy: 'noch einmal versuchen' },
  'server/unreached': { message: 'der Server antwortet nicht', remedy: 'warten: er wird wieder gefragt' },
  'server/line-down': {
    message: 'die Verbindung ist unterbrochen: nichts wurde gespeichert',
    remedy: 'noch einmal versuchen, wenn sie wieder da ist',
  },
  'server/line-cut': { message: 'die Verbindung brach ab, bevor eine Antwort kam', remedy: 'noch einmal versuchen' },
  'server/odd-answer': { message: 'der Server hat mit {status} geantwortet', remedy: 'noch einmal versuchen' },
  'kernels/no-simd': { message: '{where} hat kein WebAssembly-SIMD', remedy: 'einen aktuellen Browser oder Node ab 20 benutzen' },
  'kernels/not-built': { message: 'die Kernel sind nicht gebaut ({path} fehlt)', remedy: 'mit npm start beginnen, das baut sie' },
  'frame/loan-ended': {
    message: 'die Leihe von Bild {sequence} ist zu Ende',
    remedy: 'retain() innerhalb des next() rufen, das das Bild bringt, und dispose für das Behaltene',
  },
  'frame/bad-format': { message: 'ein Bildformat wurde abgelehnt: {reason}', remedy: 'den Treiber berichtigen, der es gemeldet hat' },
  'frame/memory-limit': {
    message: 'der Stream braucht {needMiB} MiB Bildspeicher, {limitMiB} MiB sind erlaubt',
    remedy: 'limits.memoryMiB erhöhen oder das Bild verkleinern',
  },
  'device/unknown-driver': { message: 'es gibt keinen Treiber namens {driver}', remedy: 'bekannte Treiber: {known}' },
  'device/crashed': { message: 'der Treiber {driver} ist ausgefallen: {reason}', remedy: 'er wird von selbst neu gestartet' },
  'device/silent': { message: 'der Treiber {driver} antwortet seit {seconds} s nicht', remedy: 'er wird von selbst neu gestartet' },
  'device/gone': { message: '{device} wurde ausgesteckt', remedy: 'wieder einstecken: das Bild kommt von selbst zurück' },
  'device/not-found': {
    message: '{device} ist nicht angeschlossen',
    remedy: 'einstecken: das Bild kommt von selbst; lumencast devices zeigt, was angeschlossen ist',
  },
  'device/discovery-failed': {
    message: 'der Treiber {driver} konnte nicht sagen, was angeschlossen ist: {reason}',
    remedy: 'seine übrige Arbeit geht weiter; dies mit dem angeschlossenen Gerät melden',
  },
  'device/discovery-crashed': {
    message: 'der Treiber {driver} ist bei der Suche nach Geräten abgestürzt: {reason}',
    remedy: 'das Gerät ausstecken, das nicht antwortet, wie es soll; in einer halben Minute wird wieder gefragt',
  },
  'device/discovery-silent': {
    message: 'der Treiber {driver} hat in {seconds} s nicht gesagt, was angeschlossen ist',
    remedy: 'das Gerät ausstecken, das nicht antwortet; in einer halben Minute wird wieder gefragt',
  },
  'calibrate/no-step': {
    message: 'der Stream sieht die Seite nicht: sie ist bei Schwarz ({black}) so hell wie bei Weiß ({white})',
    remedy: 'die Seite als Vollbild zeigen, wo das Gerät sie sieht, und anderes Licht fernhalten',
  },
  'calibrate/steps-missed': {
    message: 'der Stream zeigte {missed} von {steps} Wechseln nicht innerhalb von drei Sekunden',
    remedy: 'nur die Seite sehen lassen; ein Gerät mit längerer Verzögerung lässt sich so nicht messen',
  },
  'calibrate/page-gone': {
    message: 'die Seite antwortet seit {seconds} s nicht',
    remedy: 'sie offen und vorn lassen: eine verdeckte Seite zeichnet nichts',
  },
  'calibrate/not-streaming': { message: '{stream} sendet keine Bilder: Zustand {state}', remedy: 'seine Quelle starten' },
  'calibrate/not-written': {
    message: '{file} lässt sich nicht schreiben: {reason}',
    remedy: 'deviceDelayMs von Hand beim Stream eintragen',
  },
  'devices/rules-not-permitted': {
    message: '{file} darf dieser Benutzer nicht schreiben',
    remedy: 'als root ausführen: sudo lumencast devices --udev; oder eine andere Datei nennen',
  },
  'devices/rules-not-written': {
    message: '{file} lässt sich nicht schreiben: {reason}',
    remedy: 'eine andere Datei nennen: lumencast devices --udev DATEI, oder - für die Standardausgabe',
  },
  'device/planted-fault': { message: 'der Simulator sollte hier ausfallen ({kind})', remedy: 'aus options.faults entfernen' },
  'replay/unreadable': { message: '{file} lässt sich nicht lesen: {reason}', remedy: 'Pfad und Rechte prüfen' },
  'replay/too-large': { message: '{file} hat {bytes} Bytes, höchstens {limit} werden gelesen', remedy: 'die Aufnahme teilen' },
  'replay/unknown-kind': { message: '{file} ist weder DICOM noch MetaImage', remedy: 'eine Aufnahme dieser Art angeben' },
  'replay/not-readable': { message: '{file} ist keine lesbare Aufnahme: {reason}', remedy: 'sie aus ihrer Quelle neu exportieren' },
  'replay/bad-header': { message: '{file}: {reason}', remedy: 'sie aus ihrer Quelle neu exportieren' },
  'replay/unknown-syntax': {
    message: '{file} ist auf eine Art komprimiert, die hier nicht bekannt ist: Transfersyntax {syntax}',
    remedy: 'unkomprimiert exportieren, oder als JPEG, JPEG-LS, JPEG 2000, HTJ2K oder RLE',
  },
  'replay/no-pixels': { message: '{file} enthält keine Bilder', remedy: 'eine Aufnahme mit Pixeldaten angeben' },
  'replay/not-lines': {
    message: '{file} lässt sich nicht als Scanlinien abspielen: {reason}',
    remedy: 'die Optionen scan und rf des Streams berichtigen',
  },
  'replay/no-frames': {
    message: '{file} kündigt Bilder an, doch keines ist vollständig: {reason}',
    remedy: 'sie aus ihrer Quelle neu exportieren',
  },
  'replay/damaged-frame': { message: '{file}: Bild {frame} ist beschädigt: {reason}', remedy: 'die übrigen Bilder werden abgespielt' },
  'replay/all-damaged': {
    message: '{file}: kein Bild lässt sich decodieren; das erste: {reason}',
    remedy: 'sie aus ihrer Quelle neu exportieren',
  },
  'replay/decoder-silent': {
    message: '{file}: Bild {frame} wurde in {seconds} s nicht decodiert',
    remedy: 'die übrigen Bilder werden abgespielt',
  },
  'stage/unknown': { message: 'es gibt keine Bearbeitung namens {stage}', remedy: 'bekannte: {known}' },
  'stage/frozen-only': {
    message: 'die Bearbeitung {stage} ist für ein laufendes Bild zu langsam',
    remedy: 'das Bild einfrieren und sie dort einstellen',
  },
  'stage/no-source': {
    message: 'die Quelle von {stream} hat ihr Format noch nicht gemeldet',
    remedy: 'die Bearbeitung einstellen, wenn das Bild da ist',
  },
  'stage/band-lost': {
    message: 'ein Thread, der an einem Teil jedes Bildes arbeitet, antwortet nicht',
    remedy: 'nichts: der Stream beginnt neu auf einem Kern; melden, wenn es wiederkommt',
  },
  'stage/twice': { message: 'die Bearbeitung {stage} steht zweimal da', remedy: 'jede nur einmal aufführen' },
  'stage/unknown-preset': { message: 'es gibt keine Voreinstellung namens {preset}', remedy: 'bekannte: {known}' },
  'stage/changed-meanwhile': {
    message: 'die Stufe {stage} hat inzwischen jemand anders eingestellt: nichts wurde rückgängig gemacht',
    remedy: 'von Hand einstellen, wo es anders sein soll',
  },
  'stage/bad-option': { message: '{stage}.{option} ist {value}', remedy: 'erlaubt: {allowed}' },
  'codec/damaged': {
    message: 'ein Bild lässt sich nicht decodieren ({codec}): {reason}',
    remedy: 'nichts: es wurde ausgelassen und gezählt; das nächste kommt',
  },
  'codec/unknown': { message: 'es gibt keinen Codec mit der Nummer {codec}', remedy: 'einen Client derselben Protokollversion benutzen' },
  'protocol/bad-header': { message: 'kein Bildkopf: {reason}', remedy: 'siehe docs/protocol.md' },
  'protocol/not-json': { message: 'eine Textnachricht ist kein JSON', remedy: 'siehe docs/protocol.md' },
  'protocol/bad-message': { message: 'Nachricht abgelehnt bei {where}: {reason}', remedy: 'siehe docs/protocol.md' },
  'protocol/binary-refused': { message: 'ein Betrachter sendet nur Textnachrichten', remedy: 'siehe docs/protocol.md' },
  'protocol/too-many': { message: 'mehr als {limit} Nachrichten in der Sekunde', remedy: 'weniger senden' },
  'protocol/unknown-route': { message: 'unter dieser Adresse gibt es nichts', remedy: 'siehe docs/protocol.md' },
  'protocol/unknown-address': { message: 'der WebSocket ist unter {address}', remedy: 'siehe docs/protocol.md' },
  'protocol/unknown-stream': { message: 'es gibt keinen Stream {stream}', remedy: 'eine Kennung aus der hello-Nachricht benutzen' },
  'ffmpeg/missing': {
    message: 'das Programm {program} lässt sich nicht starten: {reason}',
    remedy: 'ffmpeg installieren oder in der Option program nennen',
  },
  'ffmpeg/too-old': { message: 'ffmpeg {version} ist zu alt', remedy: 'Version {needed} oder neuer installieren' },
  'ffmpeg/no-input': {
    message: 'ffmpeg findet {input} nicht: {reason}',
    remedy: 'das Gerät einstecken, den Sender starten oder den Eingang berichtigen',
  },
  'ffmpeg/no-rights': {
    message: 'ffmpeg darf {input} nicht öffnen: {reason}',
    remedy: 'diesem Benutzer das Recht geben (Videogeräte: Gruppe video), oder Name und Kennwort berichtigen',
  },
  'ffmpeg/busy': { message: '{input} ist in Benutzung: {reason}', remedy: 'das Programm schließen, das es benutzt' },
  'ffmpeg/bad-input': { message: 'ffmpeg kann {input} nicht lesen: {reason}', remedy: 'prüfen, was die Quelle sendet' },
  'ffmpeg/bad-option': {
    message: 'ffmpeg versteht nicht, was es mit {input} tun soll: {reason}',
    remedy: 'format und inputOptions berichtigen',
  },
  'ffmpeg/ended': { message: 'ffmpeg ist bei {input} zu Ende: {reason}', remedy: 'es wird von selbst wieder versucht' },
  'ffmpeg/silent': {
    message: '{input} hat seit {seconds} s nichts gesendet',
    remedy: 'die Quelle prüfen; es wird von selbst wieder versucht',
  },
  'ffmpeg/bad-output': { message: 'ffmpeg gab {reason}', remedy: 'dies mit der Version von ffmpeg melden' },
  'v4l2/other-system': {
    message: 'auf diesem System ({system}) gibt es kein V4L2',
    remedy: 'den Treiber ffmpeg benutzen, mit format dshow unter Windows und avfoundation unter macOS',
  },
  'v4l2/no-rights': {
    message: '{device} darf dieser Benutzer nicht öffnen ({reason})',
    remedy: 'den Benutzer in die Gruppe video aufnehmen oder die Regel installieren, die `lumencast devices --udev` schreibt',
  },
  'v4l2/busy': { message: '{device} ist in Benutzung ({reason})', remedy: 'das Programm schließen, das es benutzt' },
  'v4l2/refused': {
    message: '{device} verweigert sich ({reason})',
    remedy: 'es wird von selbst wieder versucht; hilft das nicht, neu einstecken',
  },
  'v4l2/no-capture': {
    message: '{device} ist keine Bildquelle: {reason}',
    remedy: 'eine andere von denen wählen, die `lumencast devices` zeigt',
  },
  'v4l2/no-input': { message: '{device} hat {kind} {asked} nicht', remedy: 'es hat: {allowed}' },
  'v4l2/no-signal': { message: '{device}: {reason}', remedy: 'Kabel und Quelle prüfen; es wird von selbst wieder versucht' },
  'v4l2/no-format': { message: '{device} liefert nicht {asked}', remedy: 'es liefert: {offered}' },
  'v4l2/outside': { message: 'der Ausschnitt verlässt das Bild von {device}', remedy: 'das Bild hat {width}x{height} Pixel' },
  'v4l2/source-changed': { message: 'an {device} kommt ein anderes Signal an', remedy: 'nichts: es wird von selbst neu geöffnet' },
  'v4l2/silent': {
    message: '{device} hat seit {seconds} s nichts gesendet',
    remedy: 'Kabel und Quelle prüfen; es wird von selbst wieder versucht',
  },
  'v4l2/broken': {
    message: '{device} gab {buffers} Puffer hintereinander fehlerhaft zurück',
    remedy: 'nichts: es wird von selbst neu geöffnet; hilft das nicht, neu einstecken, an einem anderen Anschluss',
  },
  'v4l2/wrong-picture': {
    message: '{device} sandte {count} Bilder, die nicht seinem Format entsprechen: {reason}',
    remedy: 'ein anderes pixelFormat wählen: manche Geräte nennen Formate, die sie nicht senden',
  },
  'serial-probe/transmit-off': {
    message: '{device} wird nicht gestartet: sein Pulser legt Hochspannung an das Element, und nichts erlaubt es ihm',
    remedy: 'die Option transmit des Streams auf true setzen, wenn das Element angeschlossen ist',
  },
  'serial-probe/no-rights': {
    message: '{device} darf dieser Benutzer nicht öffnen ({reason})',
    remedy: 'den Benutzer in die Gruppe dialout aufnehmen oder die Regel installieren, die `lumencast devices --udev` schreibt',
  },
  'serial-probe/busy': {
    message: '{device} ist in Benutzung ({reason})',
    remedy: 'das Programm schließen, das es benutzt, z. B. ein Terminal',
  },
  'serial-probe/refused': {
    message: '{device} lässt sich nicht als serielle Leitung benutzen: {reason}',
    remedy: 'prüfen, ob es eine ist und ob stty installiert ist',
  },
  'serial-probe/silent': {
    message: '{device} antwortet nicht ({reason})',
    remedy: 'neu einstecken; es wird von selbst wieder versucht',
  },
  'serial-probe/not-a-probe': {
    message: '{device} ist keine Sonde, die hier bekannt ist, es sagt: {reason}',
    remedy: 'ein anderes Gerät wählen oder die Firmware des pic0rick laden',
  },
  'openigtlink/no-connection': {
    message: 'unter {place} antwortet nichts: {reason}',
    remedy: 'dort den OpenIGTLink-Server starten oder Host und Port berichtigen',
  },
  'openigtlink/connection-lost': {
    message: 'die Verbindung zu {place} ist unterbrochen: {reason}',
    remedy: 'es wird von selbst wieder versucht',
  },
  'openigtlink/not-a-header': {
    message: 'was kam, ist keine OpenIGTLink-Nachricht: {reason}',
    remedy: 'prüfen, ob der Port der eines OpenIGTLink-Servers ist; größere Nachrichten: Option longestMiB',
  },
  'openigtlink/address-refused': {
    message: 'OpenIGTLink wird auf {host} nicht angeboten: das Protokoll kennt weder Verschlüsselung noch Zugangskontrolle',
    remedy: '127.0.0.1 benutzen, oder openigtlink.openOnNetwork setzen, wo jeder in diesem Netz zuschauen darf',
  },
  'openigtlink/bad-message': { message: 'eine {type}-Nachricht wurde ausgelassen: {reason}', remedy: 'den Sender berichtigen' },
  'marks/bad-mark': { message: 'eine Markierung wurde abgelehnt: {where} ist {value}', remedy: 'erlaubt: {allowed}' },
  'marks/too-many-points': {
    message: 'eine Markierung mit {points} Punkten wurde abgelehnt',
    remedy: 'sie mit höchstens {limit} zeichnen',
  },
  'marks/text-too-long': { message: 'ein Text von {length} Zeichen wurde abgelehnt', remedy: 'höchstens {limit} schreiben' },
  'marks/markup': {
    message: 'ein Text wurde abgelehnt: {found} an Stelle {position} ist Markup oder ein verborgenes Zeichen',
    remedy: 'einfachen Text schreiben; ein < vor einer Zahl ist erlaubt',
  },
  'marks/off-picture': {
    message: 'Punkt {point} einer Markierung ({what}) liegt bei {x}, {y}, außerhalb des Bildes von {width}x{height}',
    remedy: 'ihn auf das Bild setzen',
  },
  'marks/bad-calibration': {
    message: 'diese Länge kalibriert nichts: {reason}',
    remedy: 'entlang einer bekannten, möglichst langen Strecke zeichnen',
  },
  'marks/calibrates-kept': {
    message: 'was gespeichert ist, bleibt, wie es gemessen wurde: darauf wird keine Länge kalibriert',
    remedy: 'das laufende oder eingefrorene Bild kalibrieren, bevor ein Standbild oder Clip davon vermessen wird',
  },
  'marks/cannot-edit': {
    message: 'Markierung {number} bleibt, wie sie ist: {reason}',
    remedy: 'rückgängig machen, was inzwischen mit ihr geschah, oder neu zeichnen',
  },
  'examination/off': {
    message: '{what}: dieser Server bewahrt keine Untersuchungen auf',
    remedy: 'ihn mit einem Archiv starten: archive.folder in der Raumdatei',
  },
  'examination/bad-message': { message: 'dies wurde abgelehnt: {where} {reason}', remedy: 'das Genannte berichtigen' },
  'examination/failed': { message: 'es ließ sich nicht tun: {reason}', remedy: 'noch einmal versuchen; melden, wenn es so bleibt' },
  'examination/busy': { message: '{waiting} Anfragen dieses Betrachters warten schon', remedy: 'ihre Antworten abwarten' },
  'examination/unknown': { message: 'es gibt keine Untersuchung {examination}', remedy: 'noch einmal nach ihr suchen' },
  'examination/none-open': { message: 'keine Untersuchung ist offen', remedy: 'eine öffnen' },
  'examination/unknown-mark': {
    message: 'es gibt diese Markierung nicht',
    remedy: 'sie gehört vielleicht zu einer geschlossenen Untersuchung; neu zeichnen',
  },
  'examination/not-yours': {
    message: 'diese Markierung ist von {author}',
    remedy: 'die Person, von der sie ist, oder einen Bediener um die Änderung bitten',
  },
  'examination/changed-meanwhile': {
    message: '{by} hat diese Markierung inzwischen geändert',
    remedy: 'sie ansehen, wie sie jetzt ist, und das ändern',
  },
  'examination/elsewhere': {
    message: 'eine Markierung bleibt auf der Quelle, dem Standbild oder dem Clip, wo sie gezeichnet wurde',
    remedy: 'eine andere zeichnen',
  },
  'examination/too-many-marks': {
    message: 'eine Untersuchung hat höchstens {limit} Markierungen',
    remedy: 'eine andere Untersuchung öffnen',
  },
  'examination/marks-too-large': {
    message: 'die Markierungen einer Untersuchung nehmen höchstens {limitMiB} MiB ein',
    remedy: 'mit weniger Punkten zeichnen oder eine andere Untersuchung öffnen',
  },
  'examination/too-many-bookmarks': {
    message: 'eine Untersuchung hat höchstens {limit} Lesezeichen',
    remedy: 'eine andere Untersuchung öffnen',
  },
  'examination/too-many-of-observer': {
    message: 'ein Beobachter setzt höchstens {limit} Lesezeichen in einer Untersuchung',
    remedy: 'einen Auswerter oder einen Bediener um weitere bitten',
  },
  'examination/no-picture': {
    message: 'das Bild, auf dem dies liegt, ist hier nicht bekannt (Stream {stream}, Epoche {epoch})',
    remedy: 'auf einem Bild zeichnen, das jetzt zu sehen ist',
  },
  'examination/bad-time': {
    message: 'dies gehört zu keinem Bild: {reason}',
    remedy: 'auf einem Bild zeichnen, das aufgenommen wurde',
  },
  'examination/another': {
    message: 'es ist eine andere Untersuchung offen als die, in der dies gezeichnet wurde',
    remedy: 'es verwerfen, oder in dieser behalten, wenn es derselbe Patient ist',
  },
  'examination/earlier-picture': {
    message: 'dieses Bild wurde während einer früheren Untersuchung aufgenommen',
    remedy: 'jene Untersuchung wieder öffnen, um es zu markieren oder zu behalten',
  },
  'examination/not-its-picture': {
    message: 'dieses Bild wurde nicht während der Untersuchung aufgenommen, deren Patient darauf stehen soll',
    remedy: 'es ohne Patientenzeile exportieren, oder in seine eigene Untersuchung hineinsehen und es von dort exportieren',
  },
  'examination/too-many-kept': {
    message: 'eine Untersuchung hat höchstens {limit} Standbilder und Clips',
    remedy: 'eine andere Untersuchung öffnen',
  },
  'examination/too-many-clips': { message: '{limit} Clips laufen schon', remedy: 'einen davon beenden' },
  'examination/kept-taken': {
    message: 'es gibt ein anderes Standbild oder einen anderen Clip dieses Namens',
    remedy: 'noch einmal versuchen',
  },
  'examination/observer-opens-none': {
    message: 'keine Untersuchung ist offen, und Beobachter öffnen keine',
    remedy: 'jemanden, der markiert oder bedient, bitten, eine zu öffnen',
  },
  'examination/not-your-bookmark': {
    message: 'dieses Lesezeichen ist von {author}',
    remedy: 'die Person, von der es ist, oder einen Bediener bitten, es zu entfernen',
  },
  'examination/unknown-bookmark': { message: 'dieses Lesezeichen wurde entfernt', remedy: 'ein anderes setzen' },
  'examination/not-your-clip': {
    message: 'dieses Standbild oder dieser Clip ist von {author}',
    remedy: 'die Person, von der es ist, oder einen Bediener darum bitten',
  },
  'examination/unknown-kept': {
    message: 'es gibt kein Standbild und keinen Clip {kept} in dieser Untersuchung',
    remedy: 'vielleicht wurde es verworfen',
  },
  'wall/bad': { message: 'eine Anordnung wurde abgelehnt: {reason}', remedy: 'für jeden Platz ein Bild nennen, oder nichts' },
  'wall/not-all-seen': {
    message: 'die Anordnung {name} zeigt Quellen, die Sie nicht sehen dürfen',
    remedy: 'die eigene unter einem anderen Namen bewahren; ändern kann diese, wer alle Quellen sehen darf',
  },
  'wall/too-many': { message: 'der Raum bewahrt {limit} Anordnungen auf, nicht mehr', remedy: 'eine verwerfen' },
  'wall/unknown': { message: 'der Raum hat keine Anordnung {name}', remedy: 'jemand hat sie verworfen' },
  'record/off': {
    message: 'was an {stream} gewesen ist, wird nicht aufgezeichnet',
    remedy: 'past.minutes in der Raumdatei setzen',
  },
  'record/not-there': {
    message: 'die Aufzeichnung von {stream} hat kein Bild dieser Zeit',
    remedy: 'eine Zeit wählen, die sie hat: ältere Bilder weichen neueren',
  },
  'record/too-many-readers': { message: 'mehr als {limit} lesen, was gewesen ist', remedy: 'noch einmal versuchen' },
  'record/folder-unusable': {
    message: 'in {folder} lässt sich nichts aufzeichnen: {reason}',
    remedy: 'einen anderen Ordner nennen: past.folder in der Raumdatei; oder past.minutes 0, ohne Aufzeichnung',
  },
  'record/not-written': {
    message: 'Bilder von {stream} ließen sich nicht schreiben: {reason}',
    remedy: 'die Platte hinter past.folder prüfen; das Live-Bild läuft weiter',
  },
  'record/clip-not-written': {
    message: 'der Clip ließ sich nicht schreiben: {reason}',
    remedy: 'die Platte prüfen; das Live-Bild läuft weiter',
  },
  'record/cut-short': {
    message: 'der Server endete, während dies geschrieben wurde',
    remedy: 'nichts: was bis dahin da war, ist aufgehoben',
  },
  'record/discarded': { message: 'der Clip wurde verworfen', remedy: 'nichts: jemand wollte das' },
  'record/unreadable': { message: '{file} ist keine lesbare Bilddatei: {reason}', remedy: 'sie aus einer Kopie nehmen' },
  'print/bad-order': { message: 'ein Druck wurde abgelehnt: {where}', remedy: 'erlaubt: {allowed}' },
  'print/not-there': {
    message: 'was gedruckt werden soll, ist nicht da: {what}',
    remedy: 'wählen, was die Untersuchung als gespeichert aufführt',
  },
  'print/busy': { message: '{waiting} Drucke sind in Arbeit', remedy: 'noch einmal versuchen, wenn einer fertig ist' },
  'print/too-slow': { message: 'der Druck war nach {seconds} s nicht fertig', remedy: 'weniger Bilder auf einmal drucken' },
  'print/failed': {
    message: 'der Druck ließ sich nicht machen: {reason}',
    remedy: 'noch einmal versuchen; melden, wenn es wiederkommt',
  },
  'archive/folder-unusable': {
    message: 'in {folder} lassen sich keine Untersuchungen aufbewahren: {reason}',
    remedy: 'ihn für diesen Benutzer schreibbar machen oder einen anderen nennen: archive.folder in der Raumdatei',
  },
  'archive/in-use': {
    message: 'ein anderer Server benutzt das Archiv in {folder}',
    remedy: 'ihn beenden oder einen anderen Ordner nennen: archive.folder',
  },
  'archive/newer': {
    message: 'das Archiv wurde von einer neueren Version dieses Programms geschrieben ({version})',
    remedy: 'jene Version starten oder einen anderen Ordner nennen: archive.folder',
  },
  'archive/not-durable': {
    message: 'die Platte hinter {folder} kann nicht versprechen, Geschriebenes zu behalten ({reason})',
    remedy: 'einen Ordner auf einer lokalen Platte nennen: archive.folder',
  },
  'archive/opening': { message: 'das Archiv wird gerade geöffnet', remedy: 'gleich noch einmal versuchen' },
  'archive/interrupted': {
    message: 'das Archiv ist stehen geblieben und wird von selbst neu geöffnet; ob dies gespeichert wurde, ist nicht bekannt',
    remedy: 'es noch einmal tun: was gespeichert ist, wird nicht doppelt gespeichert',
  },
  'archive/silent': {
    message: 'die Platte des Archivs antwortet seit {seconds} s nicht',
    remedy: 'sie prüfen; es geht von selbst weiter',
  },
  'archive/busy': { message: '{waiting} Anfragen warten auf die Platte des Archivs', remedy: 'gleich noch einmal versuchen' },
  'archive/closed': { message: 'das Archiv ist geschlossen', remedy: 'nichts: der Server wird beendet' },
  'archive/full': {
    message: 'die Platte des Archivs ist voll: nichts wird mehr gespeichert',
    remedy: 'Platz darauf schaffen, mindestens 256 MiB; was gespeichert ist, ist sicher',
  },
  'archive/read-only': {
    message: 'die Platte des Archivs nimmt nichts an: nichts wird mehr gespeichert',
    remedy: 'die Platte und ihre Rechte prüfen',
  },
  'archive/damaged': {
    message: 'das Archiv war beschädigt: {rows} Einträge wurden gerettet, das beschädigte liegt als {file} bereit',
    remedy: 'nachsehen, ob etwas fehlt; die Platte prüfen',
  },
  'archive/row-damaged': {
    message: 'etwas im Archiv ist nicht, wie es geschrieben wurde ({table})',
    remedy: 'nichts: es wird von selbst neu geöffnet, und was lesbar ist, gerettet; die Platte prüfen',
  },
  'archive/not-mended': {
    message: 'das Archiv ist beschädigt und ließ sich nicht retten: {reason}',
    remedy: 'Platz schaffen oder es aus einer Kopie nehmen',
  },
  'archive/files-missing': {
    message: 'die Dateien von {count} Standbildern und Clips fehlen',
    remedy: 'sie aus einer Kopie an ihren Ort legen; die Untersuchungen zeigen, welche',
  },
  'archive/file-missing': { message: 'die Datei dazu fehlt', remedy: 'sie aus einer Kopie nehmen' },
  'archive/file-not-written': { message: 'es ließ sich nicht schreiben: {reason}', remedy: 'die Platte des Archivs prüfen' },
  'archive/failed': {
    message: 'das Archiv konnte dies nicht tun: {reason}',
    remedy: 'noch einmal versuchen; melden, wenn es so bleibt',
  },
  'export/not-there': {
    message: 'diese Bilder gibt es nicht mehr',
    remedy: 'exportieren, was gespeichert wurde, oder einen späteren Abschnitt',
  },
  'export/frame-missing': {
    message: 'Bild {frame} von {frames} ist nicht zu bekommen, und ein Film ohne es wäre unwahr',
    remedy: 'noch einmal versuchen; einen kürzeren Abschnitt exportieren, wenn es wiederkommt',
  },
  'export/size-changed': {
    message: 'das Bild hat ab Bild {frame} eine andere Größe',
    remedy: 'was davor und was danach kommt, getrennt exportieren',
  },
  'export/no-encoder': {
    message: 'dieser Browser kann kein {container} von {width}x{height} schreiben',
    remedy: 'das andere Format oder einen anderen Browser wählen',
  },
  'export/no-place': {
    message: 'dieser Browser lässt die Seite keine großen Dateien schreiben',
    remedy: 'einen aktuellen Chromium, Firefox oder Safari benutzen',
  },
  'export/no-picture': {
    message: 'es gibt kein Bild zu exportieren',
    remedy: 'auf das Bild warten oder wählen, was gespeichert wurde',
  },
  'export/failed': {
    message: 'der Export ist gescheitert: {reason}',
    remedy: 'noch einmal versuchen; melden, wenn es wiederkommt',
  },
  'gateway/not-live': {
    message: '{stream} hat jetzt kein Live-Bild',
    remedy: 'wieder fragen; /healthz sagt, was die Quelle tut',
  },
  'gateway/no-jpeg': {
    message: 'die Bilder von {stream} haben mehr als 8 Bit, ein JPEG hat 8',
    remedy: 'die Fensterung einschalten oder im Monitor zuschauen',
  },
  'load/refused': {
    message: '{address} ließ einen Betrachter nicht herein: {reason}',
    remedy: 'die Adresse und limits.viewers des Servers prüfen',
  },
  'usb-probe/no-library': {
    message: 'die USB-Bibliothek lässt sich nicht laden: {reason}',
    remedy: 'libudev installieren (Debian: libudev1), oder auf diesem System noch einmal npm install',
  },
  'usb-probe/no-rights': {
    message: 'dieser Benutzer darf {device} nicht öffnen',
    remedy: 'die Regeln installieren, die lumencast devices --udev ausgibt, dann neu einstecken',
  },
  'usb-probe/busy': {
    message: '{device} ist in Benutzung',
    remedy: 'das Programm beenden, das es benutzt; nur ein Stream kann es benutzen',
  },
  'usb-probe/no-firmware': {
    message: '{device} hat noch keine Firmware',
    remedy: 'das Programm des Herstellers einmal laufen lassen: es lädt die Firmware, die bis zum Ausstecken bleibt',
  },
  'usb-probe/not-that-probe': {
    message: '{device} ist nicht die Sonde, die seine Nummern nennen: {reason}',
    remedy: 'ein anderes Gerät wählen',
  },
  'usb-probe/unknown-probe': { message: 'es gibt keine Sonde namens {probe}', remedy: 'bekannte Sonden: {known}' },
  'usb-probe/not-enabled': {
    message: '{probe} {does}, sobald sie startet, und das ist nicht freigegeben',
    remedy: '{option} in den Optionen des Streams auf true setzen, auf eigene Verantwortung: es lief noch nie auf dem Gerät',
  },
  'usb-probe/bad-set-up': {
    message: '{file} ist kein aufgezeichneter Aufbau: {reason}',
    remedy: 'eine Tabelle (CSV) der Anfragen zwischen der Sonde und dem Programm des Herstellers angeben',
  },
  'usb-probe/bad-recording': {
    message: '{file} lässt sich nicht abspielen: {reason}',
    remedy: 'eine .npz, eine .npy oder die Bytes angeben, wie sie kamen',
  },
  'usb-probe/transfer-failed': {
    message: '{device} gelang nicht: {doing}: {reason}',
    remedy: 'es wird von selbst wieder versucht; das Kabel prüfen',
  },
  'usb-probe/silent': { message: '{device} hat seit {seconds} s nichts gesendet', remedy: 'es wird von selbst neu gestartet' },
  'usb-probe/no-lines': {
    message: '{device} hat {bytes} Bytes gesendet, doch kein Bild kam dabei heraus',
    remedy: 'es wird von selbst neu gestartet; den Aufbau des eigenen Programms angeben (Option setUp) oder dies melden',
  },
  'access/origin-refused': {
    message: 'Anfragen von {origin} werden abgelehnt',
    remedy: 'die Adresse öffnen, die der Server genannt hat',
  },
  'access/host-unknown': {
    message: 'dieser Server heißt nicht {host}',
    remedy: 'die Adresse öffnen, die der Server genannt hat, oder den Namen in der Konfiguration unter names eintragen',
  },
  'access/no-session': { message: 'ohne Einladung kommt niemand herein', remedy: 'einen Bediener um eine bitten' },
  'access/invitation-unknown': { message: 'diese Einladung ist nicht bekannt', remedy: 'einen Bediener um eine neue bitten' },
  'access/invitation-used': { message: 'diese Einladung wurde schon benutzt', remedy: 'einen Bediener um eine neue bitten' },
  'access/expired': { message: 'diese Einladung ist abgelaufen', remedy: 'einen Bediener um eine neue bitten' },
  'access/revoked': { message: 'diese Einladung wurde widerrufen', remedy: 'einen Bediener fragen' },
  'access/sent-out': { message: 'ein Bediener hat diesen Zugang beendet', remedy: 'einen Bediener fragen' },
  'access/not-permitted': {
    message: '{what}: dazu braucht es die Rolle {needed}, dieser Betrachter ist {role}',
    remedy: 'einen Bediener fragen',
  },
  'access/not-all-streams': {
    message: 'dies ist nur für Personen, die alle Quellen sehen dürfen',
    remedy: 'einen Bediener um eine Einladung für alle bitten',
  },
  'access/unknown-viewer': { message: 'es gibt keinen Betrachter {viewer}', remedy: 'vielleicht ist er gegangen' },
  'access/unknown-invitation': { message: 'es gibt keine gültige Einladung {invitation}', remedy: 'vielleicht ist sie zu Ende' },
  'access/no-invitations': {
    message: 'wer an diesem Rechner sitzt, wird eingelassen, sonst niemand',
    remedy: 'für andere an einer Adresse dieses Rechners lauschen (--host) oder access auf invited setzen',
  },
  'access/too-many-invitations': { message: 'alle {limit} Einladungen sind vergeben', remedy: 'einige widerrufen' },
  'access/too-many-sessions': {
    message: 'diese Einladung wurde {limit}-mal benutzt',
    remedy: 'einen Bediener um eine neue bitten',
  },
  'access/too-many-requests': { message: 'zu viele Anfragen von dieser Adresse', remedy: '{seconds} s warten' },
  'access/folder-unusable': {
    message: 'der Datenordner {folder} lässt sich nicht benutzen: {reason}',
    remedy: 'ihn für diesen Benutzer schreibbar machen oder mit --data einen anderen nennen',
  },
  'access/folder-in-use': {
    message: 'ein anderer Server (Prozess {pid}) benutzt den Datenordner {folder}',
    remedy: 'ihn beenden oder mit --data einen anderen Ordner nennen',
  },
  'access/state-damaged': {
    message: '{file} ist beschädigt: {reason}',
    remedy: 'nichts: die Datei wurde beiseitegelegt, und alle brauchen eine neue Einladung',
  },
  'tls/unreadable': { message: '{file} lässt sich nicht lesen: {reason}', remedy: 'Pfad und Rechte prüfen' },
  'tls/refused': {
    message: '{certificate} und {key} lassen sich nicht benutzen: {reason}',
    remedy: 'ein Zertifikat und seinen eigenen Schlüssel angeben, beide als PEM',
  },
  'tls/expired': { message: '{certificate} war bis {until} gültig', remedy: 'es erneuern' },
  'access/too-many-guests': {
    message: 'alle {limit} Plätze für Gäste sind besetzt; die übrigen sind für Bediener',
    remedy: 'limits.viewers erhöhen oder einen Betrachter schließen',
  },
  'access/too-many-of-session': {
    message: 'mit dieser Einladung schauen in diesem Browser oder Programm schon {limit} Leitungen zu',
    remedy: 'ein Fenster schließen oder limits.viewersPerSession erhöhen',
  },
  'access/too-many-viewers': {
    message: 'alle {limit} Plätze sind besetzt',
    remedy: 'limits.viewers erhöhen oder einen Betrachter schließen',
  },
};

/** `20261121-140501-echo-1.png`: when and where it was captured. Never a patient: names of files are listed, sent and synchronised. */
export function exportFileName(capturedUs: number, what: string, ending: string): string {
  const stamp = new Date(capturedUs / 1000).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const plain = what
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${stamp}Z${plain === '' ? '' : `-${plain}`}.${ending}`;
}

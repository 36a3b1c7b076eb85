import { readdirSync } from 'node:fs';
import { tell } from './tell.ts';

tell({ node: process.version, usb: readdirSync('/dev/bus/usb').length });

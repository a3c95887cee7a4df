/** Reads apt's list of package sources, in its one-line form (`.list`) and its deb822 form (`.sources`). */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * One archive of packages.
 * @typedef {{ uri: string, suites: string[], components: string[], signedBy?: string }} AptSource
 */

/**
 * `deb [arch=amd64 signed-by=/path] uri suite component…`
 * @param {string} text @returns {AptSource[]}
 */
export function parseSourcesList(text) {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (!match) return [];
    const [, options = '', uri, suite, components] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/.exec(options)?.[1];
    return [{ uri, suites: [suite], components: words(components), ...(signedBy && { signedBy }) }];
  });
}

/**
 * Paragraphs of `Field: value`; a line that begins with a space continues the field above.
 * @param {string} text @returns {AptSource[]}
 */
export function parseDeb822(text) {
  const paragraphs = text.replace(/^#.*\n?/gm, '').split(/\n\s*\n/);
  return paragraphs.flatMap((paragraph) => {
    const fields = new Map();
    let last = '';
    for (const line of paragraph.split('\n')) {
      const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
      if (match) fields.set((last = match[1].toLowerCase()), match[2]);
      else if (/^\s+\S/.test(line) && last) fields.set(last, `${fields.get(last)}\n${line}`);
    }
    if (!words(fields.get('types')).includes('deb') || /^(no|false|0|off)$/i.test(fields.get('enabled') ?? ''))
      return [];
    const signedBy = fields.get('signed-by')?.trimEnd();
    return words(fields.get('uris')).map((uri) => ({
      uri,
      suites: words(fields.get('suites')),
      components: words(fields.get('components')),
      ...(signedBy && { signedBy }),
    }));
  });
}

/** Every source that apt on this machine uses. @param {string} [folder] apt's configuration folder */
export function readAptSources(folder = '/etc/apt') {
  const parts = path.join(folder, 'sources.list.d');
  const files = [path.join(folder, 'sources.list'), ...list(parts).map((file) => path.join(parts, file))];
  return files.flatMap((file) => {
    if (file.endsWith('.list')) return parseSourcesList(read(file));
    return file.endsWith('.sources') ? parseDeb822(read(file)) : [];
  });
}

function words(text = '') {
  return text.split(/\s+/).filter(Boolean);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function list(folder) {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readScanHeaders, writeScanHeaders, type Headers } from '#libs/bus';

const headers = (values: Record<string, string>): Headers => ({
  get: (name) => values[name],
  keys: () => Object.keys(values),
});

test('what is written is read back, also labels of any script', () => {
  const scan = { sampleId: 'a1', split: 'SPLIT_TEST', label: 'Ménière, 50 %', studyId: 'local-1' } as const;
  const written = writeScanHeaders(scan);
  assert.match(Object.values(written).join(''), /^[ -~]*$/, 'headers are ASCII');
  assert.deepEqual(readScanHeaders(headers(written)), scan);
});

test('what is not known is left out, and reads as empty', () => {
  const written = writeScanHeaders({ sampleId: 'a1', split: 'SPLIT_TRAIN' });
  assert.equal('Sulcus-Study-Id' in written, false);
  assert.deepEqual(readScanHeaders(headers(written)), {
    sampleId: 'a1',
    split: 'SPLIT_TRAIN',
    label: '',
    studyId: '',
  });
});

test('headers that are not as they should be stop nobody', () => {
  const odd = headers({ 'Sulcus-Split': 'toString', 'Sulcus-Label': '100%' });
  assert.deepEqual(readScanHeaders(odd), { sampleId: '', split: 'SPLIT_UNSPECIFIED', label: '100%', studyId: '' });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedMedia } from '#libs/http';

const OFFERED = ['application/dicom+json', 'application/dicom+xml'] as const;
const [JSON_MEDIA, XML_MEDIA] = OFFERED;

test('a caller gets what it likes best of what is offered, of equals the first, and nothing that it excludes', () => {
  for (const [accept, expected] of [
    [undefined, JSON_MEDIA],
    ['', JSON_MEDIA],
    ['*/*', JSON_MEDIA],
    ['application/*', JSON_MEDIA],
    ['application/dicom+xml', XML_MEDIA],
    ['Application/DICOM+XML; charset=utf-8', XML_MEDIA],
    ['application/dicom+json;q=0.2,application/dicom+xml;q=0.3', XML_MEDIA],
    // The narrowest range that holds it counts (RFC 9110 section 12.5.1).
    ['*/*, application/dicom+json;q=0.1', XML_MEDIA],
    ['application/dicom+json;q=0, */*;q=0.1', XML_MEDIA],
    ['text/html', undefined],
    ['*/*;q=0', undefined],
    ['application/dicom+xml;q=0', undefined],
    ['nonsense', undefined],
  ] as const)
    assert.equal(acceptedMedia(accept, OFFERED), expected, accept);
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { download } from '#libs/download';
import { isCode } from '../../helpers/errors.js';

const root = mkdtempSync(path.join(tmpdir(), 'sulcus-download-'));
after(() => rmSync(root, { recursive: true }));

const CONTENT = randomBytes(3_000_000);

/** A server that answers as the test wants, on a port of its own. */
async function serve(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Sends the file as storage does: tag, ranges; breaks off after `limit` bytes. */
function send(request: IncomingMessage, response: ServerResponse, limit = Infinity, tag = '"one"'): void {
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const isPart = asked && request.headers['if-range'] === tag;
  const begin = isPart ? Number(asked[1]) : 0;
  const rest = CONTENT.subarray(begin);
  response.writeHead(isPart ? 206 : 200, {
    etag: tag,
    'content-length': rest.length,
    ...(isPart && { 'content-range': `bytes ${begin}-${CONTENT.length - 1}/${CONTENT.length}` }),
  });
  if (rest.length <= limit) response.end(rest);
  else response.write(rest.subarray(0, limit), () => setTimeout(() => response.destroy(), 50));
}

test('a download goes on where the connection broke, and the file is whole', async (t) => {
  const { url, requests } = await serve(t, (request, response) => send(request, response, 1_200_000));
  const file = path.join(root, 'a', 'set.zip');
  const seen: number[] = [];
  await download(url, file, {
    onProgress: ({ bytes, totalBytes }) => {
      seen.push(bytes);
      assert.equal(totalBytes, CONTENT.length);
    },
  });
  assert.ok(readFileSync(file).equals(CONTENT));
  const begins = requests.map(({ headers }) => Number(/\d+/.exec(headers.range ?? '0')));
  assert.ok(begins.length >= 3, String(begins));
  assert.ok(
    begins.every((begin, index) => index === 0 || begin > begins[index - 1]!),
    String(begins),
  );
  assert.ok(seen.every((bytes, index) => index === 0 || bytes > seen[index - 1]!));
  assert.deepEqual(readdirSync(path.dirname(file)), ['set.zip']);
});

test('what a process left is gone on with; of another file it is begun anew', async (t) => {
  for (const [tag, range] of [
    ['"one"', 'bytes=1000-'],
    ['"another"', 'bytes=1000-'],
  ] as const) {
    const { url, requests } = await serve(t, (request, response) => send(request, response, Infinity, tag));
    const file = path.join(root, `left${tag.length}.zip`);
    writeFileSync(`${file}.part`, tag === '"one"' ? CONTENT.subarray(0, 1000) : randomBytes(1000));
    writeFileSync(`${file}.part.tag`, '"one"');
    await download(url, file);
    assert.ok(readFileSync(file).equals(CONTENT), tag);
    assert.equal(requests[0]!.headers.range, range);
  }
});

test('a part without a tag, and a server without ranges, are begun anew', async (t) => {
  const { url } = await serve(t, (_, response) => response.end(CONTENT));
  const file = path.join(root, 'untagged.zip');
  writeFileSync(`${file}.part`, 'something else');
  await download(url, file);
  assert.ok(readFileSync(file).equals(CONTENT));
});

test('credentials stay with the server that asked for them when it redirects to another', async (t) => {
  const storage = await serve(t, (request, response) => send(request, response));
  const api = await serve(t, (_, response) => response.writeHead(302, { location: `${storage.url}/signed?x=1` }).end());
  const file = path.join(root, 'redirected.zip');
  await download(`${api.url}/x`, file, { headers: { authorization: 'Basic abc' } });
  assert.ok(readFileSync(file).equals(CONTENT));
  assert.equal(api.requests[0]!.headers.authorization, 'Basic abc');
  assert.equal(storage.requests[0]!.headers.authorization, undefined);
});

test('a refusal ends it at once with its code; a server that brings nothing is given up', async (t) => {
  for (const [status, code] of [
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'NOT_FOUND'],
  ] as const) {
    const { url, requests } = await serve(t, (_, response) => response.writeHead(status).end());
    await assert.rejects(download(url, path.join(root, 'refused.zip')), isCode(code, new RegExp(`${status}`)));
    assert.equal(requests.length, 1);
  }
  const { url, requests } = await serve(t, (_, response) => response.writeHead(503).end());
  const retried: string[] = [];
  const options = { maxAttempts: 2, onRetry: ({ code }: { code: string }) => retried.push(code) };
  await assert.rejects(download(url, path.join(root, 'refused.zip'), options), isCode('SERVICE_UNAVAILABLE'));
  assert.deepEqual([requests.length, retried], [2, ['SERVICE_UNAVAILABLE']]);
  assert.ok(!existsSync(path.join(root, 'refused.zip')));
});

test('an abort ends it with the reason and leaves what came', async (t) => {
  const stop = new AbortController();
  const { url } = await serve(t, (_, response) => {
    response.writeHead(200, { etag: '"one"', 'content-length': CONTENT.length });
    response.write(CONTENT.subarray(0, 100_000));
  });
  const file = path.join(root, 'stopped.zip');
  const reason = new Error('stopped by the test');
  const stopped = download(url, file, { signal: stop.signal, onProgress: () => stop.abort(reason) });
  await assert.rejects(stopped, /stopped by the test/);
  assert.deepEqual([existsSync(file), existsSync(`${file}.part.tag`)], [false, true]);
});

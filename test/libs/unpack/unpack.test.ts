import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, pbkdf2, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { isPacked, packedStem, unpack } from '#libs/unpack';
import { isCode } from '../../helpers/errors.js';

const root = mkdtempSync(path.join(tmpdir(), 'sulcus-unpack-'));
after(() => rmSync(root, { recursive: true }));

/** Python's own zipfile and tarfile write the files, so that another program's reading is not needed to judge ours. */
function python(program: string, ...words: string[]): void {
  execFileSync('python3', ['-c', program, ...words], { cwd: root });
}

const sums = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.join(parentPath, name))
      .map((file) => [path.relative(folder, file), createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );

const source = path.join(root, 'source');
for (const [index, name] of ['glioma/a b.png', 'glioma/deep/größe.png', 'notumor/leer.png'].entries()) {
  mkdirSync(path.dirname(path.join(source, name)), { recursive: true });
  writeFileSync(path.join(source, name), randomBytes([300_000, 5_000_000, 0][index]!));
}

for (const [file, format] of [
  ['set.zip', 'zip'],
  ['set.tar', 'tar'],
  ['set.tar.gz', 'gztar'],
] as const) {
  test(`${file}: every file comes out as it went in`, async () => {
    python('import shutil, sys; shutil.make_archive("set", sys.argv[1], "source")', format);
    const counted: number[] = [];
    const folder = path.join(root, `out-${format}`);
    const { files, bytes } = await unpack(path.join(root, file), folder, {
      onProgress: (unpacked) => counted.push(unpacked.files),
    });
    assert.deepEqual(sums(folder), sums(source));
    assert.deepEqual([files, bytes, counted.at(-1)], [3, 5_300_000, 3]);
  });
}

test('the name says what can be unpacked', () => {
  assert.deepEqual(['a.zip', 'b.TAR', 'c.tar.gz', 'd.tgz', 'e.gz', 'f.png', 'zip'].map(isPacked), [
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  assert.deepEqual(['/x/a.b.zip', 'c.tar.gz'].map(packedStem), ['a.b', 'c']);
});

const ZIP = 'import zipfile, stat, sys; z = zipfile.ZipFile("bad.zip", "w", zipfile.ZIP_DEFLATED); ';
const TAR = `import tarfile, io
t = tarfile.open("bad.tar", "w")
def add(name, data=b"x", **more):
    i = tarfile.TarInfo(name); i.size = len(data)
    for k, v in more.items(): setattr(i, k, v)
    t.addfile(i, io.BytesIO(data))
`;
const LINK = 'i = zipfile.ZipInfo("a/link"); i.create_system = 3; i.external_attr = 0o120777 << 16; ';
const REFUSED: readonly (readonly [string, string, string, RegExp])[] = [
  ['a zip path that climbs', 'bad.zip', `${ZIP}z.writestr("../out.png", "x"); z.close()`, /\.\.\/out\.png|outside/],
  ['an absolute zip path', 'bad.zip', `${ZIP}z.writestr("/tmp/out.png", "x"); z.close()`, /absolute|outside/],
  ['a link in a zip', 'bad.zip', `${ZIP}${LINK}z.writestr(i, "/etc/passwd"); z.close()`, /"a\/link" is a link/],
  ['a name twice in a zip', 'bad.zip', `${ZIP}z.writestr("a", "x"); z.writestr("a", "y"); z.close()`, /a name twice/],
  ['a file that is no zip', 'bad.zip', 'open("bad.zip", "w").write("hello")', /bad\.zip is not unpacked/],
  [
    'more entries than allowed',
    'bad.zip',
    `${ZIP}[z.writestr(str(i), "x") for i in range(9)]; z.close()`,
    /than 8 ent/,
  ],
  ['more bytes than allowed', 'bad.zip', `${ZIP}z.writestr("a", b"x" * 9_000_000); z.close()`, /than 8000000 bytes/],
  ['a tar path that climbs', 'bad.tar', `${TAR}add("a/../../out.png"); t.close()`, /would lie outside/],
  ['an absolute tar path', 'bad.tar', `${TAR}add("/tmp/out.png"); t.close()`, /would lie outside/],
  ['a symbolic link in a tar', 'bad.tar', `${TAR}add("l", b"", type=tarfile.SYMTYPE, linkname="/"); t.close()`, /link/],
  ['a hard link in a tar', 'bad.tar', `${TAR}add("l", b"", type=tarfile.LNKTYPE, linkname="/"); t.close()`, /a link/],
  ['a device in a tar', 'bad.tar', `${TAR}add("d", b"", type=tarfile.CHRTYPE); t.close()`, /neither file nor folder/],
  [
    'a tar cut short',
    'bad.tar',
    `${TAR}add("a", b"x" * 90_000); t.close(); open("bad.tar", "r+b").truncate(50_000)`,
    /./,
  ],
];
for (const [what, file, program, message] of REFUSED) {
  test(`${what} is refused, and nothing is left`, { timeout: 30_000 }, async () => {
    python(program);
    const folder = path.join(root, 'refused');
    const limits = { maxEntries: 8, maxBytes: 8_000_000 };
    await assert.rejects(unpack(path.join(root, file), folder, { limits }), (error) => {
      isCode('INVALID_ARGUMENT')(error);
      assert.match((error as Error).message, message);
      return true;
    });
    assert.deepEqual(
      readdirSync(root).filter((name) => name.startsWith('refused')),
      [],
    );
    assert.ok(!existsSync(path.join(root, 'out.png')) && !existsSync('/tmp/out.png'));
  });
}

test('bombs are refused by their headers, before they fill the disk', { timeout: 30_000 }, async () => {
  python(`${ZIP}[z.writestr(str(i), b"\\0" * 5_000_000) for i in range(20)]; z.close()`);
  await assert.rejects(unpack(path.join(root, 'bad.zip'), path.join(root, 'bomb')), /100 times its own/);
  python(`${TAR}[add(str(i), b"\\0" * 5_000_000) for i in range(20)]; t.close()
import gzip, shutil; shutil.copyfileobj(open("bad.tar", "rb"), gzip.open("bad.tar.gz", "wb"))`);
  await assert.rejects(unpack(path.join(root, 'bad.tar.gz'), path.join(root, 'bomb')), /100 times its own|ratio/i);
  assert.ok(!existsSync(path.join(root, 'bomb')));
});

test('a damaged byte in a stored zip entry is found by its checksum', async () => {
  python('import zipfile; z = zipfile.ZipFile("bad.zip", "w"); z.writestr("a.png", b"x" * 1000); z.close()');
  const bytes = readFileSync(path.join(root, 'bad.zip'));
  bytes[500]! ^= 1;
  writeFileSync(path.join(root, 'bad.zip'), bytes);
  await assert.rejects(unpack(path.join(root, 'bad.zip'), path.join(root, 'damaged')), /"a\.png" is damaged/);
});

test('an entry that is shorter than it says is refused, also when that is known before it is written', async () => {
  python('import zipfile; zipfile.ZipFile("short.zip", "w", zipfile.ZIP_DEFLATED).writestr("a.png", "nine byte")');
  const short = readFileSync(path.join(root, 'short.zip'));
  for (const [mark, at] of [
    ['PK\x03\x04', 22],
    ['PK\x01\x02', 24],
  ] as const)
    short.writeUInt32LE(32_521, short.indexOf(mark) + at);
  writeFileSync(path.join(root, 'short.zip'), short);
  // Which of the two comes first is a matter of luck.
  for (let attempt = 0; attempt < 50; attempt++)
    await assert.rejects(
      unpack(path.join(root, 'short.zip'), path.join(root, 'short')),
      isCode('INVALID_ARGUMENT', /not enough bytes/),
    );
});

test('a link as the packed file itself is followed', async () => {
  symlinkSync(path.join(root, 'set.zip'), path.join(root, 'link.zip'));
  await unpack(path.join(root, 'link.zip'), path.join(root, 'out-link'));
  assert.deepEqual(sums(path.join(root, 'out-link')), sums(source));
});

test('an entry that fails while its file is being opened ends, however busy the threads are', {
  timeout: 60_000,
}, async () => {
  // Where its compressed bytes begin, behind the header and its name of one letter: no block of deflate begins so.
  python(
    'import zipfile; z = zipfile.ZipFile("fails.zip", "w", 8); z.writestr("a", b"x" * 2000); z.close(); ' +
      'd = bytearray(open("fails.zip", "rb").read()); d[31] = 7; open("fails.zip", "wb").write(d)',
  );
  let isBusy = true;
  const keepBusy = (): void => {
    if (isBusy) pbkdf2('a', 'b', 3000, 32, 'sha256', keepBusy);
  };
  for (let thread = 0; thread < 12; thread++) keepBusy();
  try {
    for (let turn = 0; turn < 20; turn++)
      await Promise.all(
        Array.from({ length: 24 }, (_, index) =>
          assert.rejects(
            unpack(path.join(root, 'fails.zip'), path.join(root, `fails-${turn}-${index}`)),
            isCode('INVALID_ARGUMENT'),
          ),
        ),
      );
  } finally {
    isBusy = false;
  }
});

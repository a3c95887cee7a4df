import assert from 'node:assert/strict';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { libtensorflowInUse } from '../../scripts/setup/libtensorflow.mjs';
import { engineBinding, root } from '../../scripts/setup/paths.mjs';
import { run } from '../../scripts/setup/process.mjs';

/** A library that compiles in a moment and holds a text of its header. */
const LIBRARY = '#include "text.h"\nextern "C" const char* text() { return TEXT; }\n';
/** The same as a module of Node.js. */
const MODULE = `#include <node_api.h>
#include "text.h"
NAPI_MODULE_INIT() {
  napi_value text;
  napi_create_string_utf8(env, TEXT, NAPI_AUTO_LENGTH, &text);
  napi_set_named_property(env, exports, "text", text);
  return exports;
}
`;
const MODULE_THAT_FAILS =
  '#include <node_api.h>\n' +
  'NAPI_MODULE_INIT() { napi_throw_error(env, nullptr, "not on this machine"); return exports; }\n';
const LIBRARY_THAT_FAILS = 'extern "C" int nowhere();\nint loaded = nowhere();\n';

const FIRST_TEXT = '#define TEXT "the first text"\n',
  ANOTHER_TEXT = '#define TEXT "another text"\n';

const COMPILING = /^set-up: compiling the engine (kernels|memory)$/m;
const GOING_ON = /^set-up: going on with (.*), because the project's cannot be had: (.*)$/gm;

const usable = process.arch === 'x64' && existsSync(engineBinding) && !process.env['SULCUS_LIBTENSORFLOW_DIR'];

describe('what set-up compiles and can do without', {
  skip: !usable && 'needs what set-up brings of TensorFlow, on x86-64',
}, () => {
  let clone = '';
  const inClone = (...parts: string[]) => path.join(clone, ...parts);
  const kernels = () => inClone('.sulcus/engine/sulcus_kernels.node');
  const memory = () => inClone('.sulcus/engine/sulcus_memory.so');
  const setUp = (variables: NodeJS.ProcessEnv = {}, ...options: string[]) =>
    run(process.execPath, [inClone('scripts/setup.mjs'), '--parts=engine', ...options], {
      env: { ...process.env, SULCUS_ENGINE: 'tensorflow', SULCUS_ENGINE_BINDING: '', ...variables },
    });
  const write = (part: 'kernels' | 'memory', file: string, content: string) => {
    const folder = inClone('libs/engine/native', part === 'memory' ? 'allocator' : part);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, file), content);
  };

  /** The reasons that set-up gives for going on with something else, and with what. */
  async function reasonsOf(variables: NodeJS.ProcessEnv = {}): Promise<{ instead: string; reason: string }[]> {
    const { code, stderr } = await setUp(variables);
    assert.equal(code, 0, stderr);
    return [...stderr.matchAll(GOING_ON)].map(([, instead, reason]) => ({ instead: instead!, reason: reason! }));
  }

  /** Sources of one part alone, set up. */
  async function begin(part: 'kernels' | 'memory', file: string, content: string): Promise<void> {
    rmSync(inClone('libs'), { recursive: true, force: true });
    // The binding's own part of the sources: without it the binding would be compiled anew.
    cpSync(path.join(root, 'libs/engine/native/session'), inClone('libs/engine/native/session'), { recursive: true });
    write(part, file, content);
    write(part, 'text.h', FIRST_TEXT);
    assert.deepEqual(await reasonsOf(), []);
  }

  before(() => {
    // A clone with the packages, libtensorflow and binding of this one, so that only these parts are compiled; a blank
    // in its path is nothing special.
    clone = mkdtempSync(path.join(tmpdir(), 'sulcus parts-'));
    cpSync(path.join(root, 'scripts'), inClone('scripts'), { recursive: true });
    copyFileSync(path.join(root, 'package.json'), inClone('package.json'));
    symlinkSync(path.join(root, 'node_modules'), inClone('node_modules'));
    mkdirSync(inClone('.sulcus/engine'), { recursive: true });
    for (const file of [engineBinding, `${engineBinding}.json`])
      copyFileSync(file, inClone('.sulcus/engine', path.basename(file)));
    const library = inClone('.sulcus/libtensorflow', path.basename(libtensorflowInUse()));
    mkdirSync(path.join(library, 'include/tensorflow/c'), { recursive: true });
    for (const folder of ['', 'include', 'include/tensorflow', 'include/tensorflow/c']) {
      for (const name of readdirSync(path.join(libtensorflowInUse(), folder)))
        if (!existsSync(path.join(library, folder, name)))
          symlinkSync(path.join(libtensorflowInUse(), folder, name), path.join(library, folder, name));
    }
  });
  after(() => rmSync(clone, { recursive: true }));

  describe('of any kind', () => {
    beforeEach(() => begin('memory', 'library.cc', LIBRARY));

    it('is compiled beside the binding, and again when the content of a file changes, not its time', async () => {
      assert.ok(readFileSync(memory()).includes('the first text'));
      utimesSync(inClone('libs/engine/native/allocator/library.cc'), 1, 1);
      write('memory', 'README.md', 'Words about it.\n');
      assert.doesNotMatch((await setUp()).stderr, COMPILING);
      write('memory', 'text.h', ANOTHER_TEXT);
      assert.match((await setUp()).stderr, COMPILING);
      assert.ok(readFileSync(memory()).includes('another text'));
      rmSync(memory());
      assert.match((await setUp()).stderr, COMPILING);
    });

    it('and does not compile stops nothing: it is said once, and tried again when a source changes', async () => {
      write('memory', 'broken.cc', '#error half a thought\n');
      const reasons = await reasonsOf();
      assert.match(reasons[0]!.reason, /did not compile .*half a thought.* \(npm run setup tries again\.\)$/);
      assert.deepEqual(
        [reasons.length, reasons[0]!.instead, existsSync(memory())],
        [1, "TensorFlow's own allocator, which needs more memory", false],
      );
      const { stderr } = await setUp();
      assert.equal(stderr.trim().split('\n').length, 1);
      assert.match((await setUp({}, '--thorough')).stderr, COMPILING);
      write('memory', 'broken.cc', '// A whole one.\n');
      assert.deepEqual(await reasonsOf(), []);
      assert.ok(existsSync(memory()));
    });

    it('stays when the compiler goes, and is tried again when it comes', async () => {
      const withoutCompiler = { PATH: inClone('none') };
      assert.deepEqual(await reasonsOf(withoutCompiler), []);
      write('memory', 'text.h', ANOTHER_TEXT);
      assert.match((await reasonsOf(withoutCompiler))[0]!.reason, /g\+\+ is not on PATH/);
      assert.match((await setUp()).stderr, COMPILING);
      assert.ok(readFileSync(memory()).includes('another text'));
    });

    it('is not compiled for a binding of somebody else, nor without its sources', async () => {
      write('memory', 'text.h', ANOTHER_TEXT);
      assert.doesNotMatch(
        (await setUp({ SULCUS_ENGINE_BINDING: inClone('.sulcus/engine/tfjs_binding.node') })).stderr,
        COMPILING,
      );
      rmSync(inClone('libs/engine/native/allocator'), { recursive: true });
      const { code, stderr } = await setUp();
      assert.deepEqual([code, stderr.trim().split('\n').length], [0, 1]);
    });

    it('is compiled again when it was cut short, and by a thorough set-up when its content is another', async () => {
      truncateSync(memory(), 1000);
      assert.match(
        (await setUp()).stderr,
        /^set-up: \.sulcus\/engine\/sulcus_memory\.so has 1000 bytes instead of \d+: bringing it again$/m,
      );
      const content = readFileSync(memory());
      assert.ok(content.length > 1000);
      writeFileSync(memory(), Buffer.alloc(content.length));
      assert.doesNotMatch((await setUp()).stderr, COMPILING);
      assert.match((await setUp({}, '--thorough')).stderr, /sulcus_memory\.so has another content than it had/);
      assert.deepEqual(readFileSync(memory()), content);
    });

    it('and does not load is not left behind either', async () => {
      write('memory', 'library.cc', LIBRARY_THAT_FAILS);
      assert.match((await reasonsOf())[0]!.reason, /the engine memory does not load \(.*nowhere.*\)/);
      assert.deepEqual(
        readdirSync(inClone('.sulcus/engine')).filter((file) => file.endsWith('.so')),
        [],
      );
    });
  });

  describe('of kernels', () => {
    beforeEach(async () => {
      await begin('kernels', 'module.cc', MODULE);
      assert.ok(readFileSync(kernels()).includes('the first text'));
    });

    it('is tried beside TensorFlow', async () => {
      write('kernels', 'module.cc', MODULE_THAT_FAILS);
      const [failure] = await reasonsOf();
      assert.match(failure!.reason, /the engine kernels do not load \(Error: not on this machine\)/);
      assert.equal(failure!.instead, "TensorFlow's own kernels, correct but slower");
      assert.deepEqual(
        readdirSync(inClone('.sulcus/engine')).filter((file) => file.endsWith('.node')),
        ['tfjs_binding.node'],
      );
    });

    it('needs a header that the binding does without, and is compiled when it is there', async () => {
      const header = inClone(
        '.sulcus/libtensorflow',
        path.basename(libtensorflowInUse()),
        'include/tensorflow/c/kernels.h',
      );
      rmSync(header);
      assert.match((await reasonsOf())[0]!.reason, /lacks include\/tensorflow\/c\/kernels\.h/);
      assert.equal(existsSync(kernels()), false);
      symlinkSync(path.join(libtensorflowInUse(), 'include/tensorflow/c/kernels.h'), header);
      assert.deepEqual(await reasonsOf(), []);
      assert.ok(existsSync(kernels()));
    });
  });
});

import assert from 'node:assert/strict';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { libtensorflowInUse } from '../../scripts/setup/libtensorflow.mjs';
import { engineBinding, root } from '../../scripts/setup/paths.mjs';
import { run } from '../../scripts/setup/process.mjs';

/** A module that compiles in a moment and holds a text of its header. */
const MODULE = `#include <node_api.h>
#include "text.h"
NAPI_MODULE_INIT() { napi_value text; napi_create_string_utf8(env, TEXT, NAPI_AUTO_LENGTH, &text); napi_set_named_property(env, exports, "text", text); return exports; }
`;
const FAILING_TO_LOAD = '#include <node_api.h>\nNAPI_MODULE_INIT() { napi_throw_error(env, nullptr, "not on this machine"); return exports; }\n';

const COMPILING = /^set-up: compiling the engine kernels$/m;
const GOING_ON = /^set-up: going on with TensorFlow's own kernels, correct but slower, because the project's cannot be had: (.*)$/gm;

const usable = process.arch === 'x64' && existsSync(engineBinding) && !process.env['SULCUS_LIBTENSORFLOW_DIR'];

describe("the engine's own kernels", { skip: !usable && 'needs what set-up brings of TensorFlow, on x86-64' }, () => {
  let clone = '';
  const inClone = (...parts: string[]) => path.join(clone, ...parts);
  const kernels = () => inClone('.sulcus/engine/sulcus_kernels.node');
  const write = (file: string, text: string) => writeFileSync(inClone('libs/engine/kernels', file), text);
  const setUp = (variables: NodeJS.ProcessEnv = {}) => run(process.execPath, [inClone('scripts/setup.mjs'), '--parts=engine'], { env: { ...process.env, SULCUS_ENGINE: 'tensorflow', SULCUS_ENGINE_BINDING: '', ...variables } });

  /** The reasons that set-up gives for going on without kernels. */
  async function reasonsOf(variables: NodeJS.ProcessEnv = {}): Promise<string[]> {
    const { code, stderr } = await setUp(variables);
    assert.equal(code, 0, stderr);
    return [...stderr.matchAll(GOING_ON)].map(([, reason]) => reason!);
  }

  before(() => {
    // A clone with the packages, libtensorflow and binding of this one, so that only the kernels are compiled.
    clone = mkdtempSync(path.join(tmpdir(), 'sulcus-kernels-'));
    cpSync(path.join(root, 'scripts'), inClone('scripts'), { recursive: true });
    copyFileSync(path.join(root, 'package.json'), inClone('package.json'));
    symlinkSync(path.join(root, 'node_modules'), inClone('node_modules'));
    mkdirSync(inClone('.sulcus/engine'), { recursive: true });
    for (const file of [engineBinding, `${engineBinding}.json`]) copyFileSync(file, inClone('.sulcus/engine', path.basename(file)));
    const library = inClone('.sulcus/libtensorflow', path.basename(libtensorflowInUse()));
    mkdirSync(path.join(library, 'include/tensorflow/c'), { recursive: true });
    for (const folder of ['', 'include', 'include/tensorflow', 'include/tensorflow/c']) {
      for (const name of readdirSync(path.join(libtensorflowInUse(), folder))) if (!existsSync(path.join(library, folder, name))) symlinkSync(path.join(libtensorflowInUse(), folder, name), path.join(library, folder, name));
    }
  });
  after(() => rmSync(clone, { recursive: true }));
  beforeEach(async () => {
    rmSync(inClone('libs'), { recursive: true, force: true });
    mkdirSync(inClone('libs/engine/kernels'), { recursive: true });
    write('module.cc', MODULE);
    write('text.h', '#define TEXT "the first text"\n');
    assert.deepEqual(await reasonsOf(), []);
  });

  it('are compiled beside the binding, and again when the content of a file changes, not its time', async () => {
    assert.ok(readFileSync(kernels()).includes('the first text'));
    utimesSync(inClone('libs/engine/kernels/module.cc'), 1, 1);
    assert.doesNotMatch((await setUp()).stderr, COMPILING);
    write('text.h', '#define TEXT "another text"\n');
    assert.match((await setUp()).stderr, COMPILING);
    assert.ok(readFileSync(kernels()).includes('another text'));
    rmSync(kernels());
    assert.match((await setUp()).stderr, COMPILING);
  });

  it('that do not compile leave none behind and stop nothing: it is said once, and tried again when a source changes', async () => {
    write('broken.cc', '#error half a thought\n');
    const [reason, ...others] = await reasonsOf();
    assert.match(reason!, /did not compile .*half a thought.* \(Without \.sulcus\/engine\/sulcus_kernels\.node\.json it is tried again\.\)$/);
    assert.deepEqual([others, existsSync(kernels())], [[], false]);
    const { stderr } = await setUp();
    assert.equal(stderr.trim().split('\n').length, 1);
    write('broken.cc', '// A whole one.\n');
    assert.deepEqual(await reasonsOf(), []);
    assert.ok(existsSync(kernels()));
  });

  it('that do not load are not left behind either', async () => {
    write('module.cc', FAILING_TO_LOAD);
    assert.match((await reasonsOf()).join('\n'), /do not load \(Error: not on this machine\)/);
    assert.deepEqual(readdirSync(inClone('.sulcus/engine')).filter((file) => file.endsWith('.node')), ['tfjs_binding.node']);
  });

  it('need a header that the binding does without, and are compiled when it is there', async () => {
    const header = inClone('.sulcus/libtensorflow', path.basename(libtensorflowInUse()), 'include/tensorflow/c/kernels.h');
    rmSync(header);
    assert.match((await reasonsOf()).join('\n'), /lacks include\/tensorflow\/c\/kernels\.h/);
    assert.equal(existsSync(kernels()), false);
    symlinkSync(path.join(libtensorflowInUse(), 'include/tensorflow/c/kernels.h'), header);
    assert.deepEqual(await reasonsOf(), []);
    assert.ok(existsSync(kernels()));
  });

  it('stay when the compiler goes, and are tried again when it comes', async () => {
    const withoutCompiler = { PATH: inClone('none') };
    assert.deepEqual(await reasonsOf(withoutCompiler), []);
    write('text.h', '#define TEXT "another text"\n');
    assert.match((await reasonsOf(withoutCompiler)).join('\n'), /g\+\+ is not on PATH/);
    assert.match((await setUp()).stderr, COMPILING);
    assert.ok(readFileSync(kernels()).includes('another text'));
  });

  it('are not compiled for a binding of somebody else, nor without their sources', async () => {
    write('text.h', '#define TEXT "another text"\n');
    assert.doesNotMatch((await setUp({ SULCUS_ENGINE_BINDING: inClone('.sulcus/engine/tfjs_binding.node') })).stderr, COMPILING);
    rmSync(inClone('libs'), { recursive: true });
    const { code, stderr } = await setUp();
    assert.deepEqual([code, stderr.trim().split('\n').length], [0, 1]);
  });
});

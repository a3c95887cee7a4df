import { test } from 'node:test';
import { buildInferenceProgram, buildTrainingProgram, listModels } from '#libs/nn';
import { opKernelFor } from '../../../../libs/engine/wasm/plan.js';
import { formulaConfig } from '../../nn/_formula.js';

test('every network of the zoo consists of ops that the portable engine has', () => {
  for (const architecture of listModels()) {
    const config = formulaConfig(architecture, 64);
    const programs = [
      buildTrainingProgram(config, { name: 'adam', learningRate: 1e-4 }),
      buildInferenceProgram(config),
    ];
    for (const { program } of programs) program.graph.nodes.forEach(opKernelFor);
  }
});

import { mean, softmax, sum, type EntryPoint } from '#libs/engine';
import { classificationOutcome } from '../losses.js';
import type { NetworkConfig } from '../network-config.js';
import { createOptimizer, type OptimizerConfig } from '../optimizers/index.js';
import { NetworkGraph } from './network-graph.js';
import type { NetworkProgram } from './network-program.js';
import { readEntryPoint, resetEntryPoint, writeEntryPoint, type StateVariable } from './state-ports.js';
import { emitUpdateStep } from './update-step.js';

/**
 * Builds the training of a network as one program. Entry points (pixels: uint8 [n, height, width, channels], labels: int32 [n]):
 *
 * | name | feeds | fetches |
 * |---|---|---|
 * | `trainStep` | pixels, labels, the optimizer's scalars | `loss` (mean, nats), `correct`; updates weights, slots, statistics |
 * | `evaluate` | pixels, labels | `lossSum`, `correct`, `probabilities` [n, classes]; batch norm uses the running statistics |
 * | `readWeights`, `readOptimizer` | – | every parameter or slot by name, in torch's layout |
 * | `writeWeights`, `writeOptimizer` | the same | – |
 * | `resetOptimizer` | – | –; all slots become 0 |
 *
 * The optimizer's entry points are there only when it remembers anything.
 * @throws NOT_FOUND for an unknown architecture, INVALID_ARGUMENT for a configuration that cannot be built
 */
export function buildTrainingProgram(config: NetworkConfig, optimizerConfig: OptimizerConfig): NetworkProgram {
  const optimizer = createOptimizer(optimizerConfig);
  const networkGraph = new NetworkGraph(config);
  const { graph, parameters, pixels } = networkGraph;
  const labels = graph.placeholder('labels', 'int32', [-1]);

  const { network, logits } = networkGraph.forward({ training: true });
  const { losses, correct } = classificationOutcome(graph, logits, labels);
  const loss = mean(graph, losses);
  const trainable = parameters.all.filter(({ info }) => info.trainable);
  const step = emitUpdateStep(graph, loss, trainable, network.statisticUpdates, optimizer, optimizerConfig.weightDecay ?? 0);

  const evaluate = graph.withScope('evaluate', (): EntryPoint => {
    const inference = networkGraph.forward({ training: false });
    const outcome = classificationOutcome(graph, inference.logits, labels);
    const outputs = { lossSum: sum(graph, outcome.losses), correct: outcome.correct, probabilities: softmax(graph, inference.logits) };
    return { inputs: { pixels, labels }, outputs };
  });
  const weights: StateVariable[] = parameters.all.map(({ info, variable }) => ({ ...info, variable }));
  const optimizerEntryPoints = {
    readOptimizer: readEntryPoint(graph, step.slots),
    writeOptimizer: writeEntryPoint(graph, step.slots),
    resetOptimizer: resetEntryPoint(graph, step.slots),
  };
  const program = {
    graph,
    entryPoints: {
      trainStep: { inputs: { pixels, labels, ...step.scalars }, outputs: { loss, correct }, targets: step.targets },
      evaluate,
      readWeights: readEntryPoint(graph, weights),
      writeWeights: writeEntryPoint(graph, weights),
      ...(step.slots.length > 0 && optimizerEntryPoints),
    },
  };
  return { program, parameters: parameters.all.map(({ info }) => info), slots: step.slots.map(({ name, shape }) => ({ name, shape })) };
}

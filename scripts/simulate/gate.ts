/**
 * How often the gate is wrong: simulated pairs of models of known true accuracy, and whole runs of 50 candidates
 * against one gate set, judged by the very function that promotes: `npm run test:gate -- --help`. Its figures are in
 * docs/benchmarks.md.
 */
import { flag, integer } from '#libs/config';
import { judge, normalQuantile, type GateAnswers } from '#libs/evaluation';
import { createRandom, type Random } from '#libs/random';
import { parseCommandLine, reportFailure } from '#libs/service';

const CLASS_NAMES = ['glioma', 'meningioma', 'notumor', 'pituitary'];
const GATE_SAMPLES = 1000;
const PAIRS = 1000;
const RUNS = 1000;
const CANDIDATES = 50;

/** Champion's true accuracy and the share of samples that one of the two alone answers rightly. */
const ACCURACY = 0.85;
const DISCORDANCE = 0.1;
const DIFFERENCES = [-0.03, -0.02, -0.01, 0, 0.01, 0.03];

/** What is promised, as shares; regret in points. */
const LIMITS = {
  wrongShare: 0.01,
  equalPromotedShare: 0.06,
  missedShare: 0.15,
  meanRegret: 0.9,
  harmfulRunShare: 0.02,
};

const OPTIONS = {
  seed: ['--seed <n>', integer({ default: 1, min: 0, description: 'determines every random choice' })],
  json: ['--json', flag({ default: false, description: 'one JSON line instead of lines to read' })],
} as const;

/** Answers that are right where told, and else any other class. */
function answersOf(version: string, right: readonly boolean[], labels: readonly number[], draw: Random): GateAnswers {
  const predicted = labels.map((label, index) =>
    right[index] ? label : (label + draw.integer(1, CLASS_NAMES.length - 1)) % CLASS_NAMES.length,
  );
  return { version, predicted, loss: 0.5, calibrationError: 0.05 };
}

const drawLabels = (random: Random): number[] =>
  Array.from({ length: GATE_SAMPLES }, () => random.integer(0, CLASS_NAMES.length - 1));

/** Share of pairs in which a candidate whose true accuracy differs by so much is promoted. */
function promotedShare(difference: number, random: Random): number {
  const onlyCandidate = (DISCORDANCE + difference) / 2;
  const onlyChampion = (DISCORDANCE - difference) / 2;
  const bothRight = ACCURACY - onlyChampion;
  let promoted = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    const labels = drawLabels(random);
    const draws = labels.map(() => random.uniform());
    const candidateRight = draws.map((draw) => draw < bothRight + onlyCandidate);
    const championRight = draws.map(
      (draw) => draw < bothRight || (draw >= bothRight + onlyCandidate && draw < bothRight + DISCORDANCE),
    );
    const [candidate, champion] = [
      answersOf('candidate', candidateRight, labels, random),
      answersOf('champion', championRight, labels, random),
    ];
    promoted += judge(labels, candidate, champion, { classNames: CLASS_NAMES }).promote ? 1 : 0;
  }
  return promoted / PAIRS;
}

/**
 * How alike two models of a run answer: the part of a sample's difficulty that all share, and the memory of the rest.
 */
const SHARED_DIFFICULTY = 0.8;
const MEMORY = 0.5;

/**
 * A run: true accuracies wander by 0.2 ± 1 points from candidate to candidate; each is judged against the champion of
 * the moment on one set. A sample is answered rightly when a model's skill exceeds its difficulty.
 */
function simulateRun(random: Random): { regret: number; harmful: boolean } {
  const labels = drawLabels(random);
  const shared = labels.map(() => Math.sqrt(SHARED_DIFFICULTY) * random.normal());
  let own = labels.map(() => random.normal());
  const rightAt = (accuracy: number): boolean[] =>
    shared.map(
      (difficulty, index) => normalQuantile(accuracy) > difficulty + Math.sqrt(1 - SHARED_DIFFICULTY) * own[index]!,
    );
  let accuracy = 0.8;
  let champion = { accuracy, answers: answersOf('0', rightAt(accuracy), labels, random) };
  let [best, harmful] = [accuracy, false];
  for (let look = 0; look < CANDIDATES; look++) {
    accuracy = Math.min(0.97, accuracy + (0.2 + random.normal()) / 100);
    own = own.map((value) => MEMORY * value + Math.sqrt(1 - MEMORY ** 2) * random.normal());
    const answers = answersOf(String(look + 1), rightAt(accuracy), labels, random);
    best = Math.max(best, accuracy);
    if (!judge(labels, answers, champion.answers, { classNames: CLASS_NAMES, looks: look }).promote) continue;
    harmful ||= accuracy <= champion.accuracy - 0.01;
    champion = { accuracy, answers };
  }
  return { regret: (best - champion.accuracy) * 100, harmful };
}

function simulate({ seed, json }: { seed: number; json: boolean }): void {
  const random = createRandom('gate simulation', seed);
  const shares = DIFFERENCES.map((difference) => ({ difference, promoted: promotedShare(difference, random) }));
  const at = (difference: number): number => shares.find((row) => row.difference === difference)!.promoted;
  const runs = Array.from({ length: RUNS }, () => simulateRun(random));
  const worse = shares.filter(({ difference }) => difference <= -0.01);
  const wrong = worse.reduce((sum, { promoted }) => sum + promoted * PAIRS, 0);
  const result = {
    pairs: PAIRS * DIFFERENCES.length,
    wrong: Math.round(wrong),
    wrongShare: Math.max(...worse.map(({ promoted }) => promoted)),
    equalPromotedShare: at(0),
    missed: Math.round((1 - at(0.03)) * PAIRS),
    missedShare: 1 - at(0.03),
    meanRegret: runs.reduce((sum, { regret }) => sum + regret, 0) / RUNS,
    harmfulRunShare: runs.filter(({ harmful }) => harmful).length / RUNS,
  };

  if (json) console.log(JSON.stringify(result));
  else {
    console.log(`Gate of ${GATE_SAMPLES} samples, ${DISCORDANCE * 100} % discordant, ${PAIRS} pairs per difference`);
    for (const { difference, promoted } of shares) {
      console.log(
        `  truly ${(difference * 100).toFixed(0).padStart(2)} points: promoted ${(promoted * 100).toFixed(1)} %`,
      );
    }
    console.log(`${RUNS} runs of ${CANDIDATES} candidates against one set:`);
    console.log(`  mean regret to the best candidate ${result.meanRegret.toFixed(2)} points`);
    console.log(`  runs with a promotion that is a point worse ${(result.harmfulRunShare * 100).toFixed(1)} %`);
  }
  const broken = Object.entries(LIMITS).filter(([name, limit]) => result[name as keyof typeof LIMITS] > limit);
  for (const [name, limit] of broken)
    console.error(`${name} is ${result[name as keyof typeof LIMITS]}, more than ${limit}`);
  process.exitCode = broken.length > 0 ? 1 : 0;
}

const description = `Simulates how often the gate is wrong, on models of known accuracy. Exit code 1 when it is wrong \
more often than is promised.`;

try {
  const parsed = parseCommandLine(
    { name: 'npm run test:gate --', description, options: OPTIONS },
    process.argv.slice(2),
  );
  if (parsed) simulate(parsed.options);
} catch (error) {
  reportFailure('test:gate', error);
}

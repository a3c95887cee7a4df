import { describeCost } from '../launcher/cost.js';
import { seenSentence } from '../launcher/summary.js';
import { learningChart, rocChart } from './charts.js';
import type { Example } from './examples.js';
import { PAGE_STYLE } from './page-style.js';
import { classReports, macroAuc, type ReportSource } from './report-data.js';
import { confusionChart } from './svg/confusion-chart.js';
import { escapeText } from './svg/markup.js';

/** The whole report as one page that needs nothing else: no scripts, nothing fetched. */
export function renderPage(source: ReportSource, examples: readonly Example[]): string {
  const { run, recipe, seed, dataDescription, classes, startedUnixMs, summary, history } = source;
  const title = `Run ${run} with recipe ${recipe}`;
  const begun = new Date(startedUnixMs).toISOString();
  const origin = `${dataDescription}; seed ${seed}; begun ${begun}; evaluated ${summary.served.version || 'nothing'}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeText(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<h1>${escapeText(title)}</h1>
<p class="muted">${escapeText(origin)}</p>
${section('Summary', overview(source))}
${section('Training', charts(learningChart(history, 'accuracy', recipe), learningChart(history, 'loss', recipe)))}
${section('Test split', testSplit(source))}
${section('Examples from the test split', grid(examples, classes))}
${section('Validations', validations(source))}
</body>
</html>
`;
}

const charts = (...drawings: string[]): string => `<div class="charts">${drawings.join('')}</div>`;

function testSplit(source: ReportSource): string {
  const { evaluation, classes } = source;
  if (evaluation.predictions.length === 0) return '<p>The test split has no images.</p>';
  const confusion = confusionChart(evaluation.metrics.confusion, classes);
  return charts(confusion, rocChart(classReports(source))) + classTable(source);
}

const section = (heading: string, content: string): string => `<section><h2>${heading}</h2>\n${content}</section>`;

const percent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`;

function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (tag: 'th' | 'td', cells: readonly (string | number)[]): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeText(String(cell))}</${tag}>`).join('')}</tr>`;
  const head = header.length === 0 ? '' : `<thead>${line('th', header)}</thead>`;
  const body = `<tbody>${rows.map((row) => line('td', row)).join('\n')}</tbody>`;
  return `<div class="scroll"><table>${head}${body}</table></div>`;
}

function overview({
  classes,
  summary: { images, split, training, models, served, cost },
  evaluation: { metrics, temperature },
}: ReportSource): string {
  return `<div class="words">${table(
    [],
    [
      [
        'Images',
        `${images.offered} offered, ${images.ingested} ingested, ${images.duplicates} duplicates, ` +
          `${images.rejected} rejected, ${images.deadLettered} dead-lettered`,
      ],
      ['Split', `${split.train} train, ${split.validation} validation, ${split.gate} gate, ${split.test} test`],
      [
        'Training',
        `${training.steps} steps, ${training.epochs} epochs, ${training.imagesPerSecond.toFixed(1)} images/s, ` +
          `${percent(training.inputStallFraction)} of the time waiting for input`,
      ],
      ...(cost ? [['Cost', describeCost(cost)]] : []),
      ['Models', `${models.length} published, ${models.filter(({ promoted }) => promoted).length} promoted`],
      ['Requests', `${served.requests} answered by the predictor in the run, ${served.failedRequests} failed`],
      [
        'Test',
        metrics.n === 0
          ? 'not measured'
          : `${metrics.n} images: ${metrics.loss === undefined ? '' : `loss ${metrics.loss.toFixed(4)}, `}` +
            `accuracy ${percent(metrics.accuracy)}, weighted F1 ${percent(metrics.f1Weighted)}`,
      ],
      ...(metrics.onlyPredicted === null
        ? []
        : [
            [
              'Alarm',
              `every test image is predicted as ${classes[metrics.onlyPredicted]!}: the model tells nothing apart`,
            ],
          ]),
      ...(metrics.seenInTraining === undefined
        ? []
        : [
            [
              'Contamination',
              metrics.seenInTraining === 0
                ? 'no test image shows the same picture as a training image'
                : seenSentence(metrics.seenInTraining, metrics.n),
            ],
          ]),
      [
        'Probabilities',
        temperature === 1
          ? 'as the network gives them, not calibrated'
          : `calibrated on the validation split, temperature ${temperature.toFixed(3)}; ` +
            'losses are of the network without it',
      ],
    ],
  )}</div>`;
}

function classTable(source: ReportSource): string {
  const reports = classReports(source);
  const { n, precisionWeighted, recallWeighted, f1Weighted } = source.evaluation.metrics;
  const auc = macroAuc(reports);
  return table(
    ['class', 'images', 'precision', 'recall', 'F1', 'ROC-AUC'],
    [
      ...reports.map(({ name, support, precision, recall, f1, roc }) => [
        name,
        support,
        percent(precision),
        percent(recall),
        percent(f1),
        roc ? roc.auc.toFixed(4) : 'not defined',
      ]),
      [
        'all (weighted; AUC: mean)',
        n,
        percent(precisionWeighted),
        percent(recallWeighted),
        percent(f1Weighted),
        auc === undefined ? 'not defined' : auc.toFixed(4),
      ],
    ],
  );
}

function grid(examples: readonly Example[], classes: readonly string[]): string {
  const figures = examples.map(
    ({ prediction: { fileName, sampleId, trueIndex, predictedIndex, probabilities }, dataUri }) => {
      const [truth, predicted] = [classes[trueIndex]!, classes[predictedIndex]!].map(escapeText) as [string, string];
      const name = escapeText(fileName || sampleId);
      const probability = percent(probabilities[predictedIndex]!);
      const caption = `true: <b>${truth}</b><br>predicted: <b>${predicted}</b> ${probability}`;
      return [
        `<figure${trueIndex === predictedIndex ? '' : ' class="wrong"'}>`,
        `<img src="${dataUri}" alt="${truth}, predicted ${predicted}" title="${name}">`,
        `<figcaption>${caption}</figcaption></figure>`,
      ].join('');
    },
  );
  return `<p class="muted">Mistakes first, framed in red.</p><div class="examples">${figures.join('\n')}</div>`;
}

function validations({ history }: ReportSource): string {
  const trained = history.trainingAtValidations();
  return table(
    ['step', 'epoch', 'train loss', 'train accuracy', 'validation loss', 'validation accuracy', 'version', 'promoted'],
    history.validations.map(({ step, epoch, loss, accuracy, version, promoted }, index) => {
      const before = trained[index];
      return [
        step,
        epoch + 1,
        before ? before.loss.toFixed(4) : '',
        before ? percent(before.accuracy) : '',
        loss.toFixed(4),
        percent(accuracy),
        version,
        promoted ? 'yes' : '',
      ];
    }),
  );
}

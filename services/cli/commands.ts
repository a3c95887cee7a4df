import type { CommandGroups } from './shared/dispatch.js';

/** Every command of `sulcus`. */
export const COMMANDS: CommandGroups = {
  'Run the pipeline': {
    up: {
      description: 'run the whole pipeline on this machine (what npm start does)',
      load: () => import('./commands/up.js'),
    },
    ingest: {
      description: 'take images in over gRPC and from a watched folder',
      load: () => import('#services/ingest'),
    },
    edge: {
      operand: '[command]',
      description: 'take images in beside the scanners, keep them on disk, send them to the core',
      load: () => import('./commands/edge/edge.js'),
    },
    archiver: {
      description: 'make room on the broker: move scans that no run needs to the archive',
      load: () => import('#services/archiver'),
    },
    preprocess: { description: 'turn scans into tensor batches', load: () => import('#services/preprocess') },
    trainer: {
      description: 'train on the stream and offer model versions',
      load: () => import('./commands/trainer.js'),
    },
    predictor: {
      description: 'answer predictions over gRPC with the newest promoted model',
      load: () => import('#services/predictor'),
    },
  },
  'Bring images in': {
    import: {
      operand: '<path>',
      description: 'take in a folder of images, or what a manifest lists, once',
      load: () => import('./commands/import/import.js'),
    },
    archive: {
      operand: '<command>',
      description: 'list what left the broker for the archive, bring samples back',
      load: () => import('./commands/archive/archive.js'),
    },
    deidentify: {
      operand: '<path>',
      description: 'show what would leave the site of DICOM files; nothing is sent',
      load: () => import('./commands/deidentify.js'),
    },
    quarantine: {
      operand: '<command>',
      description: 'list or delete what must not leave the site',
      load: () => import('./commands/quarantine/quarantine.js'),
    },
    annotate: {
      operand: '[sample...]',
      description: 'label samples or studies that were sent before',
      load: () => import('./commands/annotate/annotate.js'),
    },
    transform: {
      operand: '<path>',
      description: 'do once what a recipe does to every image, and store the result',
      load: () => import('./commands/transform/transform.js'),
    },
    duplicates: {
      operand: '<set...>',
      description: 'find pictures that two sets share, or that a set holds twice',
      load: () => import('./commands/duplicates/duplicates.js'),
    },
    phantoms: {
      operand: '<folder>',
      description: 'write a data set of synthetic brain MR images, as JPEG or as DICOM studies',
      load: () => import('./commands/phantoms.js'),
    },
  },
  'Ask the predictor': {
    predict: {
      operand: '<path...>',
      description: 'ask about image files',
      load: () => import('./commands/predict/predict.js'),
    },
    study: {
      operand: '[path]',
      description: 'ask about a whole study',
      load: () => import('./commands/study/study.js'),
    },
    results: {
      operand: '<study>',
      description: "make a study's report, heat maps and FHIR with the site's own identifiers, and send them",
      load: () => import('./commands/results.js'),
    },
    predictions: {
      description: 'list records of predictions',
      load: () => import('./commands/predictions/predictions.js'),
    },
    replay: {
      operand: '<prediction>',
      description: 'make a recorded prediction again and compare',
      load: () => import('./commands/replay/replay.js'),
    },
  },
  'Runs and model versions': {
    runs: {
      operand: '[command]',
      description: 'list the training runs, compare them, delete those nobody goes on with',
      load: () => import('./commands/runs/runs.js'),
    },
    versions: {
      description: 'list the model versions, and why aliases moved',
      load: () => import('./commands/versions.js'),
    },
    promote: {
      operand: '<version>',
      description: 'move an alias onto a model version',
      load: () => import('./commands/promote.js'),
    },
    shadow: {
      description: 'tell how shadow versions answered beside those in service',
      load: () => import('./commands/shadow.js'),
    },
    freeze: {
      description: 'keep an alias where it is, whatever trainers offer',
      load: () => import('./commands/freeze.js'),
    },
    thaw: { description: 'let trainers move a frozen alias again', load: () => import('./commands/thaw.js') },
    rollback: { description: 'undo the last promotion of an alias', load: () => import('./commands/rollback.js') },
    evaluate: {
      operand: '<model...>',
      description: 'measure versions or weight files on a folder of images, and compare two',
      load: () => import('./commands/evaluate/evaluate.js'),
    },
    weights: {
      operand: '<command>',
      description: 'import pretrained weights from a file, draw them, export a version to one',
      load: () => import('./commands/weights/weights.js'),
    },
  },
  'Networks and recipes': {
    models: {
      operand: '[name]',
      description: 'list the networks, or describe one layer by layer',
      load: () => import('./commands/models.js'),
    },
    recipes: {
      operand: '[command]',
      description: 'list what can be trained by name, show a recipe whole, check your own, print their schema',
      load: () => import('./commands/recipes/recipes.js'),
    },
  },
  'Look inside': {
    trace: {
      operand: '<sample>',
      description: "show one image's timeline, from ingest to prediction",
      load: () => import('./commands/trace.js'),
    },
    audit: {
      description: 'check that every accepted sample is accounted for, from acceptance to effect',
      load: () => import('./commands/audit.js'),
    },
    lineage: {
      operand: '<name>',
      description: 'tell which samples a version learned from, or which versions learned from a sample',
      load: () => import('./commands/lineage.js'),
    },
    withdraw: {
      operand: '<name>',
      description: 'take samples out of everything that is stored and learned from',
      load: () => import('./commands/withdraw.js'),
    },
    dead: {
      operand: '<command>',
      description: 'list, show, try again or discard what could not be used',
      load: () => import('./commands/dead/dead.js'),
    },
    'verify-record': {
      description: 'check the chain of the record of decisions, and list them',
      load: () => import('./commands/verify-record.js'),
    },
    broker: {
      operand: '<command>',
      description: "make the keys of a broker's users, and its streams",
      load: () => import('./commands/broker/broker.js'),
    },
    certs: {
      operand: '<folder>',
      description: 'make an authority and certificates of services, sites and clients, for TLS',
      load: () => import('./commands/certs.js'),
    },
    doctor: {
      description: 'look at what this machine has, and check that its engine computes right',
      load: () => import('./commands/doctor.js'),
    },
  },
};

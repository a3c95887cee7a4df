/**
 * The arrows between parts: services → libs → packages, without circles. Type-only imports count.
 * `npm run boundaries` checks them.
 */

/** Written by a generator, which knows of no owners. */
const GENERATED = '^libs/contracts/generated/';

/** Packages that one lib alone may import, so that each can be replaced in one place. */
const OWNERS = [
  { packages: '@nats-io/', owner: 'libs/bus' },
  { packages: '@grpc/(?!proto-loader/)', owner: 'libs/rpc' },
  { packages: '@grpc/proto-loader/', owner: 'libs/(rpc|contracts)' },
  { packages: 'sharp/', owner: 'libs/imaging' },
  { packages: '@tensorflow/', owner: 'libs/engine' },
  { packages: '@opentelemetry/', owner: 'libs/telemetry' },
  { packages: 'h5wasm/', owner: 'libs/nn' },
  { packages: 'node-forge/', owner: 'libs/access' },
  { packages: '(yauzl|tar)/', owner: 'libs/unpack' },
  { packages: 'dcmjs-codecs/', owner: 'libs/dicom' },
  { packages: 'dcmjs-dimse/', owner: 'libs/dimse' },
];

/** What is behind a door: all files of a part but its index. */
const INSIDE_A_LIB = '^libs/[^/]+/(?!index\\.ts$)';
const INSIDE_A_SERVICE = '^services/[^/]+/(?!index\\.ts$)';

/** The first group of `from` is the part that something lies in. */
const SAME_LIB = '^libs/$1/';
const SAME_SERVICE = '^services/$1/';

const RULES = [
  {
    name: 'no-circle',
    comment: 'Parts that need each other are one part, or need a third.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'services-use-libs',
    comment: 'Arrows point one way: services → libs.',
    from: { path: '^libs/' },
    to: { path: '^services/' },
  },
  {
    name: 'libs-by-their-door',
    comment: 'Enter a lib by #libs/<name>.',
    from: { path: '^libs/([^/]+)/' },
    to: { path: INSIDE_A_LIB, pathNot: SAME_LIB },
  },
  {
    name: 'libs-by-their-door',
    comment: 'Enter a lib by #libs/<name>.',
    from: { path: '^services/' },
    to: { path: INSIDE_A_LIB },
  },
  {
    name: 'services-meet-on-the-bus',
    comment: 'Services meet over the bus and gRPC; the command line knows them all, edge has the doors of ingest.',
    from: { path: '^services/([^/]+)/', pathNot: '^services/(cli|edge)/' },
    to: { path: '^services/', pathNot: SAME_SERVICE },
  },
  {
    name: 'edge-has-the-doors-of-ingest',
    comment: 'An edge is an ingest with another place where samples go; it knows no other service.',
    from: { path: '^services/edge/' },
    to: { path: '^services/(?!(edge|ingest)/)' },
  },
  {
    name: 'services-by-their-door',
    comment: 'Enter a service by #services/<name>.',
    from: { path: '^services/(cli|edge)/' },
    to: { path: INSIDE_A_SERVICE, pathNot: SAME_SERVICE },
  },
  {
    name: 'tests-by-the-door',
    comment: "Only a lib's own tests look behind its door.",
    from: { path: '^test/libs/([^/]+)/' },
    to: { path: INSIDE_A_LIB, pathNot: SAME_LIB },
  },
  {
    name: 'tests-by-the-door',
    comment: "Only a lib's own tests look behind its door.",
    from: { path: '^(test/(?!libs/)|scripts/)' },
    to: { path: INSIDE_A_LIB },
  },
  ...OWNERS.map(({ packages, owner }) => ({
    name: 'packages-in-one-place',
    comment: `These packages are imported by ${owner} alone.`,
    from: { path: '^(libs|services)/', pathNot: [`^${owner}/`, GENERATED] },
    to: { path: `^node_modules/${packages}` },
  })),
];

export default {
  forbidden: RULES.map((rule) => ({ ...rule, severity: 'error' })),
  options: {
    doNotFollow: { path: '^node_modules/' },
    exclude: { path: '^(dist|\\.sulcus)/' },
    // What TypeScript erases counts too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};

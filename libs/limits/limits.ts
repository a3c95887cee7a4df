import type { Limit } from './limit.js';

const MIB = 2 ** 20;
/** What whoever has one connection too many gets. */
const CONNECTION_MAKES_ROOM =
  'one on which nothing is under way is closed for it, before others one on which nothing ever was; where there is ' +
  'none, it is closed itself';

/**
 * Every bound on what a stranger can make a service do. The code takes the values from here; `docs/limits.md` is made
 * from it.
 */
export const LIMITS = {
  // ---- gRPC
  messageBytes: {
    boundary: 'every gRPC server',
    value: 16 * MIB,
    unit: 'bytes',
    of: 'one message, and what it decompresses to',
    answer: { words: 'RESOURCE_EXHAUSTED with both sizes' },
    variable: 'SULCUS_MAX_MESSAGE_BYTES',
  },
  messageFields: {
    boundary: 'every gRPC server',
    value: 10_000,
    unit: 'count',
    of: 'fields of one message, those of the messages in it included; counted before any object is made',
    answer: 'INVALID_ARGUMENT',
  },
  annotateFields: {
    boundary: 'ingest',
    value: 60_000,
    unit: 'count',
    of: 'fields of one Annotate request: about 12,000 annotations',
    answer: 'INVALID_ARGUMENT',
  },
  messageNumbers: {
    boundary: 'every gRPC server',
    value: 4096,
    unit: 'count',
    of: 'numbers in the packed fields of one message, except the pixels of tensors, which the bytes of a message bound',
    answer: 'INVALID_ARGUMENT',
  },
  messageDepth: {
    boundary: 'every gRPC server',
    value: 16,
    unit: 'count',
    of: 'messages inside each other',
    answer: 'INVALID_ARGUMENT',
  },
  stringBytes: {
    boundary: 'every gRPC server',
    value: 64 * 1024,
    unit: 'bytes',
    of: 'one text in a message',
    answer: 'INVALID_ARGUMENT',
  },
  unfinishedBytes: {
    boundary: 'every gRPC server',
    value: 256 * MIB,
    unit: 'bytes',
    of:
      'messages that have begun and not ended, of all connections, from their first frame, which counts as 256 bytes ' +
      'at least as every other; ' +
      'the message that has waited longest for its next frame makes room for one that moves',
    answer: 'BACKPRESSURE',
  },
  unfinishedConnectionBytes: {
    boundary: 'every gRPC server',
    value: 64 * MIB,
    unit: 'bytes',
    of: 'messages that have begun and not ended, of one connection',
    answer: 'BACKPRESSURE',
  },
  messageIdleMs: {
    boundary: 'every gRPC server',
    value: 10_000,
    unit: 'milliseconds',
    of:
      'between two frames of one message, while the server reads; of a call that has one message alone, from its ' +
      'headers on',
    answer: 'DEADLINE_EXCEEDED',
  },
  messageBytesPerSecond: {
    boundary: 'every gRPC server',
    value: 4096,
    unit: 'bytes per second',
    of: 'at least, on the average of a message that has been on its way for 30 s',
    answer: 'DEADLINE_EXCEEDED',
  },
  unreadBytes: {
    boundary: 'every gRPC server',
    value: 256 * MIB,
    unit: 'bytes',
    of:
      'answers that wait for their clients to read them, of all connections, each counted with 16 KiB for its call; ' +
      'what has waited longest makes room',
    answer: { words: 'the connection is ended (ENHANCE_YOUR_CALM)' },
  },
  unreadMs: {
    boundary: 'every gRPC server',
    value: 120_000,
    unit: 'milliseconds',
    of: 'an answer waits while its client takes nothing of it, and a second more for each 4,096 bytes',
    answer: { words: 'the connection is ended (ENHANCE_YOUR_CALM)' },
  },
  inflating: {
    boundary: 'every gRPC server',
    value: 2,
    unit: 'count',
    of: 'compressed messages that are decompressed at the same time',
    answer: { words: 'the others wait' },
  },
  inflatedBytes: {
    boundary: 'every gRPC server',
    value: 256 * MIB,
    unit: 'bytes',
    of: 'what compressed messages have become, of all calls, until their handlers are done with them',
    answer: 'BACKPRESSURE',
  },
  callsPerConnection: {
    boundary: 'every gRPC server',
    value: 256,
    unit: 'count',
    of: 'calls at the same time on one connection',
    answer: { words: 'further calls wait in the client; one that does not keep to it is refused (REFUSED_STREAM)' },
  },
  connections: {
    boundary: 'every gRPC server',
    value: 1024,
    unit: 'count',
    of: 'connections',
    answer: { words: CONNECTION_MAKES_ROOM },
  },
  connectionsPerPeer: {
    boundary: 'every gRPC server',
    value: 256,
    unit: 'count',
    of: 'connections from one address, of IPv6 from one network of 64 bits',
    answer: { words: 'the same, among those of the address' },
  },
  callsPerPeerPerSecond: {
    boundary: 'every gRPC server',
    value: 5000,
    unit: 'per second',
    of: 'new calls from one address, on the average; twice as many at once after a pause',
    answer: 'BACKPRESSURE',
  },
  headerBytes: {
    boundary: 'every gRPC server',
    value: 16 * 1024,
    unit: 'bytes',
    of: 'headers of one call',
    answer: { words: 'the call is reset (ENHANCE_YOUR_CALM)' },
  },
  headerCount: {
    boundary: 'every gRPC server',
    value: 64,
    unit: 'count',
    of: 'headers of one call',
    answer: { words: 'the call is reset (ENHANCE_YOUR_CALM)' },
  },
  uploadBytes: {
    boundary: 'ingest',
    value: 256 * MIB,
    unit: 'bytes',
    of: 'images of all uploads together, from being read until they are stored or refused',
    answer: { words: 'streams are read no further, and so wait' },
  },
  httpConnections: {
    boundary: 'ingest',
    value: 256,
    unit: 'count',
    of: 'HTTP connections of the server',
    answer: { words: CONNECTION_MAKES_ROOM },
  },
  httpConnectionsPerPeer: {
    boundary: 'ingest',
    value: 64,
    unit: 'count',
    of: 'HTTP connections from one address, of IPv6 from one network of 64 bits',
    answer: { words: 'the same, among those of the address' },
  },
  dicomCommandBytes: {
    boundary: 'ingest',
    value: 64 * 1024,
    unit: 'bytes',
    of: 'a command of DICOM, the headers of its fragments included; data before an association: none',
    answer: { words: 'the connection is closed' },
  },
  dicomBytesPerSecond: {
    boundary: 'ingest',
    value: 4096,
    unit: 'bytes per second',
    of: 'at least, on the average of a message of DICOM that has been on its way for 30 s',
    answer: { words: 'the connection is closed' },
  },
  dicomMessageBytes: {
    boundary: 'ingest',
    value: 16 * MIB,
    unit: 'bytes',
    of: 'a data set of DICOM that is no object to be stored',
    answer: { words: 'the connection is closed' },
  },
  dicomObjectsBytes: {
    boundary: 'ingest',
    value: 96 * MIB,
    unit: 'bytes',
    of: 'DICOM objects of a door that come or are at work, over all associations, but the one that came first',
    answer: { words: 'those with more than 1 MiB wait' },
  },
  httpCalls: {
    boundary: 'ingest',
    value: 16,
    unit: 'count',
    of:
      'HTTP requests at the same time; the one that has waited longest for its next bytes, for a second or more, ' +
      'makes room for another',
    answer: { words: '503, with a time to come again' },
  },
  httpUnfinishedBytes: {
    boundary: 'ingest',
    value: 256 * MIB,
    unit: 'bytes',
    of: 'objects of HTTP requests that have begun and not ended, of all requests; they make room in the same way',
    answer: { words: '503, with a time to come again' },
  },
  httpBytesPerSecond: {
    boundary: 'ingest',
    value: 4096,
    unit: 'bytes per second',
    of: 'at least, on the average of an HTTP request that has been waited for for 30 s',
    answer: 'DEADLINE_EXCEEDED',
  },
  httpIdleMs: {
    boundary: 'ingest',
    value: 120_000,
    unit: 'milliseconds',
    of: 'without a byte on an HTTP connection: longer than a full pipeline is waited for',
    answer: { words: 'the connection is closed' },
  },
  storedObjects: {
    boundary: 'ingest',
    value: 20_000,
    unit: 'count',
    of: 'objects of one STOW-RS request; those before are stored',
    answer: 'INVALID_ARGUMENT',
  },
  reportBytes: {
    boundary: 'ingest',
    value: MIB,
    unit: 'bytes',
    of: 'one report',
    answer: 'INVALID_ARGUMENT',
  },
  // ---- images
  imagePixels: {
    boundary: 'an image file, in ingest and predictor alike',
    value: 2 ** 25,
    unit: 'count',
    of: 'pixels, by the header that the decoder itself reads, before any is allocated',
    answer: 'IMAGE_TOO_LARGE',
    variable: 'SULCUS_MAX_PIXELS',
  },
  imageBytes: {
    boundary: 'an image file, in ingest and predictor alike',
    value: 64 * MIB,
    unit: 'bytes',
    of: 'the encoded file',
    answer: 'IMAGE_TOO_LARGE',
    variable: 'SULCUS_MAX_FILE_BYTES',
  },
  imageSide: {
    boundary: 'an image file, in ingest and predictor alike',
    value: 32_767,
    unit: 'count',
    of: 'pixels on a side',
    answer: 'IMAGE_TOO_LARGE',
  },
  jpegScans: {
    boundary: 'an image file, in ingest and predictor alike',
    value: 100,
    unit: 'count',
    of: 'scans of a JPEG: each goes over the whole picture',
    answer: 'IMAGE_TOO_LARGE',
  },
  pngChunks: {
    boundary: 'an image file, in ingest and predictor alike',
    value: 100_000,
    unit: 'count',
    of: 'chunks of a PNG',
    answer: 'IMAGE_TOO_LARGE',
  },
  pngOtherChunks: {
    boundary: 'an image file, in ingest and predictor alike',
    value: 1000,
    unit: 'count',
    of: 'chunks of a PNG that are no pixels',
    answer: 'IMAGE_TOO_LARGE',
  },
  tiffDirectories: {
    boundary: 'an image file, in ingest and predictor alike',
    value: 100,
    unit: 'count',
    of: 'directories of a TIFF, of which images that are accepted have one',
    answer: 'IMAGE_TOO_LARGE',
  },
  // ---- DICOM objects
  dicomElements: {
    boundary: 'a DICOM object, in ingest and predictor alike',
    value: 400_000,
    unit: 'count',
    of: 'attributes, items of sequences and fragments of pixel data together',
    answer: 'IMAGE_TOO_LARGE',
  },
  dicomDepth: {
    boundary: 'a DICOM object, in ingest and predictor alike',
    value: 16,
    unit: 'count',
    of: 'sequences inside each other',
    answer: 'IMAGE_TOO_LARGE',
  },
  dicomFrames: {
    boundary: 'a DICOM object, in ingest and predictor alike',
    value: 4000,
    unit: 'count',
    of: 'frames; each is bounded as an image file is, and what is deflated as the file itself',
    answer: 'IMAGE_TOO_LARGE',
  },
  // ---- packed files
  packedEntries: {
    boundary: 'a packed file',
    value: 2_000_000,
    unit: 'count',
    of: 'files and folders in it',
    answer: 'INVALID_ARGUMENT',
  },
  packedBytes: {
    boundary: 'a packed file',
    value: 256 * 1024 * MIB,
    unit: 'bytes',
    of: 'all of its files together',
    answer: 'INVALID_ARGUMENT',
  },
  packedRatio: {
    boundary: 'a packed file',
    value: 100,
    unit: 'count',
    of: 'unpacked bytes for each packed one, beyond the first 16 MiB',
    answer: 'INVALID_ARGUMENT',
  },
  // ---- manifests
  manifestBytes: {
    boundary: 'a manifest',
    value: 64 * MIB,
    unit: 'bytes',
    of: 'the file',
    answer: 'INVALID_ARGUMENT',
  },
  manifestCells: {
    boundary: 'a manifest',
    value: 5_000_000,
    unit: 'count',
    of: 'values in its lines',
    answer: 'INVALID_ARGUMENT',
  },
  // ---- studies
  arrivingStudies: {
    boundary: 'predictor',
    value: 64,
    unit: 'count',
    of: 'studies that are being sent; one takes a place only when all of its slices are there',
    answer: 'BACKPRESSURE',
  },
  arrivingStudyBytes: {
    boundary: 'predictor',
    value: 512 * MIB,
    unit: 'bytes',
    of:
      'slices of studies that are being sent or wait for their answer; ' +
      'the study that has waited longest for its next slice makes room for one that moves',
    answer: 'BACKPRESSURE',
  },
  studySliceIdleMs: {
    boundary: 'predictor',
    value: 30_000,
    unit: 'milliseconds',
    of: 'between two slices of a study that is being sent',
    answer: 'DEADLINE_EXCEEDED',
  },
  studySendMs: {
    boundary: 'predictor',
    value: 10 * 60_000,
    unit: 'milliseconds',
    of: 'from the first to the last slice of a study that is being sent',
    answer: 'DEADLINE_EXCEEDED',
  },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof LIMITS;

export { serveThread } from '#libs/threads';

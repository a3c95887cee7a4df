export { ThreadClient } from '#libs/threads';

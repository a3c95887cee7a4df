import { Followers } from './followers.js';
import { sharedStack, type FuzzStack } from './stack.js';

let running: Followers | undefined;
let users = 0;

/** Whoever follows the streams and buckets of this process's broker; the last who releases them stops them. */
export async function sharedReaders(): Promise<{
  stack: FuzzStack;
  followers: Followers;
  release: () => Promise<void>;
}> {
  const { stack, release } = await sharedStack();
  users++;
  const followers = (running ??= new Followers(stack.bus));
  return {
    stack,
    followers,
    release: async () => {
      if (--users === 0) await followers[Symbol.asyncDispose]();
      await release();
    },
  };
}

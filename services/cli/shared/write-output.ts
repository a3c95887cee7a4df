import { writeFile } from 'node:fs/promises';

/** Writes a command's result to the file that was named, else to stdout. */
export async function writeOutput(text: string, file: string | undefined): Promise<void> {
  if (file === undefined) process.stdout.write(text);
  else await writeFile(file, text);
}

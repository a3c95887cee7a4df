import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { SulcusError } from '#libs/errors';
import { parseRecipe, type Recipe } from '#libs/nn';

/** Modules whose default export is a recipe. */
const MODULE_ENDINGS = ['.js', '.mjs', '.ts', '.mts'];

/** Whether a recipe is given by a file, rather than by its name. */
export const isRecipeFile = (recipe: string): boolean => ['.json', ...MODULE_ENDINGS].includes(path.extname(recipe));

/**
 * Reads a recipe of the user's: a JSON file, or a module that exports it as its default. TypeScript is read by a Node
 * that strips types, which it does by itself from 22.18 and 24 on. A module is code, and is run by who allows it alone.
 *
 * @param file relative to where the trainer runs
 * @throws INVALID_CONFIG when there is no such file, it cannot be run or holds no recipe, or with all its mistakes
 */
export async function readRecipeFile(file: string, { allowCode }: { allowCode: boolean }): Promise<Recipe> {
  const isJson = file.endsWith('.json');
  if (!isJson && !allowCode)
    throw new SulcusError(
      'INVALID_CONFIG',
      `SULCUS_RECIPE: ${file} is code that would be run: set SULCUS_RECIPE_CODE=true when you trust it, or give the ` +
        'recipe as JSON (sulcus recipes show prints one to begin with)',
    );
  try {
    return parseRecipe(isJson ? JSON.parse(await readFile(file, 'utf8')) : await defaultExport(file));
  } catch (error) {
    if (error instanceof SulcusError) throw withFile(error, file);
    throw new SulcusError('INVALID_CONFIG', `SULCUS_RECIPE: ${file} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The same with the file in front of each mistake: each is a line of its own for who reads them. */
function withFile(error: SulcusError, file: string): SulcusError {
  const { code, rawMessage, details } = error;
  const { mistakes } = details;
  if (!Array.isArray(mistakes)) return error;
  const named = mistakes.map((mistake) => `${file}: ${mistake}`);
  return new SulcusError(code, rawMessage.replace('The recipe', `The recipe ${file}`), {
    cause: error,
    details: { ...details, mistakes: named },
  });
}

async function defaultExport(file: string): Promise<unknown> {
  const module = (await import(pathToFileURL(path.resolve(file)).href).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error;
    throw new SulcusError(
      'INVALID_CONFIG',
      `SULCUS_RECIPE: Node ${process.versions.node} does not read TypeScript (${file}): ` +
        'use Node 22.18 or newer, or a module that ends in .mjs',
      { cause: error },
    );
  })) as { default?: unknown };
  if (module.default === undefined)
    throw new SulcusError('INVALID_CONFIG', `SULCUS_RECIPE: ${file} has no default export, which would be the recipe`);
  return module.default;
}

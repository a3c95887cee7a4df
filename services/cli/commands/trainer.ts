/** `sulcus trainer`: the service. `--list-recipes` is another spelling of `sulcus recipes`. */
export async function main(argv: readonly string[]): Promise<void> {
  const { main: run } = argv.includes('--list-recipes')
    ? await import('./recipes/recipes.js')
    : await import('#services/trainer');
  await run(argv.filter((word) => word !== '--list-recipes'));
}

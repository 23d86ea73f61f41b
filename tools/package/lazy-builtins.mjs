/** Modules of Node that few requests need. Node itself has not loaded them before the program starts. */
const LAZY = ['node:crypto', 'node:vm', 'node:worker_threads'];

const NAMESPACE = 'lazy-builtin';

/**
 * A plugin of esbuild: `import` of these modules loads them at the first use of one of their exports. `import` of the other modules
 * of Node loads them at the start, which costs time, and memory as long as the program runs.
 */
export const lazyBuiltins = {
  name: NAMESPACE,
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, namespace }) =>
      namespace !== NAMESPACE && LAZY.includes(path) ? { path, namespace: NAMESPACE } : undefined,
    );
    build.onLoad({ filter: /^node:/, namespace: NAMESPACE }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter(
        (name) => name !== 'default' && /^\w+$/.test(name),
      );
      const getters = names.map((name) => `get ${name}() { return require('${path}').${name}; },`);
      return { contents: `module.exports = {\n${getters.join('\n')}\n};` };
    });
  },
};

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { camelCase, NameAllocator, pascalCase } from '../../src/generate/names.js';
import { propertyName, quoted } from '../../src/generate/printer/literals.js';
import { outputPaths, rebased, specifier } from '../../src/generate/typescript/files.js';
import type { Module } from '../../src/index.js';

describe('identifier', () => {
  test('is camelCase or PascalCase', () => {
    assert.equal(camelCase('guest-file-read'), 'guestFileRead');
    assert.equal(camelCase('device_add'), 'deviceAdd');
    assert.equal(camelCase('BLOCK_JOB_COMPLETED'), 'blockJobCompleted');
    assert.equal(pascalCase('x-query-NUMA'), 'XQueryNUMA');
    assert.equal(camelCase('__org.qemu_x-command'), 'orgQemuXCommand');
  });

  test('is allocated once, and is not a reserved word', () => {
    const allocator = new NameAllocator();
    assert.equal(allocator.allocate('delete', 'deleteCommand'), 'deleteCommand');
    assert.equal(allocator.allocate('deleteCommand'), 'deleteCommand2');
    assert.equal(allocator.allocate('a-b'), 'a_b');
    assert.equal(allocator.allocate('9p'), '_9p');
  });

  test('is unique for any names', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (wanted) => {
        const allocator = new NameAllocator();
        const given = wanted.map((name) => allocator.allocate(name));
        assert.equal(new Set(given).size, given.length);
        for (const name of given) assert.match(name, /^[A-Za-z_$][\w$]*$/);
      }),
    );
  });
});

describe('string literal', () => {
  test('has exactly the text, in printable ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const literal = quoted(text);
        assert.match(literal, /^[ -~]*$/);
        // The only reader of literals at hand is the language itself.
        assert.equal(new Function(`return ${literal}`)(), text);
      }),
    );
  });

  test('is a quoted property name only if necessary', () => {
    assert.equal(propertyName('class'), 'class');
    assert.equal(propertyName('buf-b64'), "'buf-b64'");
    assert.equal(propertyName('2d'), "'2d'");
  });
});

describe('output path', () => {
  const named = (name: string): Module => ({ name, items: [], includes: [] });
  const pathsOf = (main: string, ...others: readonly string[]) => {
    const modules = others.map(named);
    return [...outputPaths({ main: named(main), modules, entities: [] }).values()];
  };

  test('is the path in the schema, with invalid characters replaced', () => {
    assert.deepEqual(
      pathsOf('api.json.gz', 'a/b c.json', '.json', 'x.d.json', '../../up/y.json', '/etc/z.json'),
      ['api.ts', 'a/b-c.ts', 'schema.ts', 'x-d.ts', 'up/y.ts', 'etc/z.ts'],
    );
  });

  test('differs from others in more than case, and is not that of the runtime', () => {
    assert.deepEqual(pathsOf('descriptor.json', 'Descriptor.json', 'a.json', 'A.json'), [
      'descriptor-2.ts',
      'Descriptor-3.ts',
      'a.ts',
      'A-2.ts',
    ]);
  });

  test('stays inside the output folder', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[./\\a-z:~ -]{0,12}$/)), (names) => {
        const paths = pathsOf('main.json', ...names);
        assert.equal(new Set(paths).size, paths.length);
        for (const path of paths) {
          for (const part of path.split('/')) assert.match(part, /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/);
        }
      }),
    );
  });

  test('is relative to the importing file in a specifier', () => {
    assert.equal(specifier('main.ts', 'file.ts'), './file.js');
    assert.equal(specifier('a/b.ts', 'a/c.ts'), './c.js');
    assert.equal(specifier('a/b.ts', 'c/d.ts'), '../c/d.js');
    assert.equal(rebased('a/b.ts', './x.js'), '../x.js');
    assert.equal(rebased('a/b.ts', '../x.js'), '../../x.js');
    assert.equal(rebased('a/b.ts', '@guestwire/schema'), '@guestwire/schema');
  });
});

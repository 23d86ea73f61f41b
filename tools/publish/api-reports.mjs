// API reports: the public declarations of each entry point as text, in etc/api/. A change of the public API shows there.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { entryPoints, projectFolder } from './workspace.mjs';

const REPORT_FOLDER = join(projectFolder, 'etc/api');

function reportName(shortName, subpath) {
  return `${shortName}${subpath.slice(1).replaceAll('/', '.')}.api.md`;
}

function extractorConfig({ path, shortName }, { subpath, types }, temporaryFolder) {
  const entry = join(path, types);
  const none = { logLevel: 'none', addToApiReportFile: false };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: path,
      mainEntryPointFilePath: entry,
      bundledPackages: [],
      newlineKind: 'lf',
      enumMemberOrder: 'preserve',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2023',
            lib: ['es2023', 'esnext.disposable'],
            types: ['node'],
            typeRoots: [join(projectFolder, 'node_modules/@types')],
            module: 'nodenext',
            moduleResolution: 'nodenext',
            strict: true,
            skipLibCheck: true,
          },
          files: [entry],
        },
      },
      apiReport: {
        enabled: true,
        reportFolder: REPORT_FOLDER,
        reportTempFolder: temporaryFolder,
        reportFileName: reportName(shortName, subpath),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error', addToApiReportFile: false } },
        extractorMessageReporting: {
          default: none,
          'ae-forgotten-export': { logLevel: 'none', addToApiReportFile: true },
        },
        tsdocMessageReporting: { default: none },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(path, 'package.json'),
  });
}

/**
 * Compares the reports with the built packages, and writes them if `update`.
 *
 * Returns the names of reports that differ from what is checked in.
 */
export function apiReports(packages, { update, temporaryFolder }) {
  mkdirSync(REPORT_FOLDER, { recursive: true });
  const changed = [];
  const expected = new Set();
  for (const found of packages) {
    for (const entry of entryPoints(found)) {
      const report = reportName(found.shortName, entry.subpath);
      expected.add(report);
      const errors = [];
      const result = Extractor.invoke(extractorConfig(found, entry, temporaryFolder), {
        localBuild: update,
        messageCallback(message) {
          if (message.logLevel === 'error') errors.push(message.text);
          message.handled = true;
        },
      });
      if (result.apiReportChanged) changed.push(report);
      if (errors.length > 0) throw new Error(`${report}: ${errors.join('\n')}`);
    }
  }
  for (const file of readdirSync(REPORT_FOLDER)) {
    if (!file.endsWith('.api.md') || expected.has(file)) continue;
    changed.push(file);
    if (update) rmSync(join(REPORT_FOLDER, file));
  }
  return changed;
}

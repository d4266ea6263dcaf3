import { parentPort, workerData } from 'node:worker_threads';
import { loadListsHere } from './lists-work.ts';

// The thread of `loadLists`.
const { policyFolder, names } = workerData as { policyFolder: string; names: readonly string[] };
const result = loadListsHere(policyFolder, names);
const buffers = result.ok
  ? Object.values(result.value.compiled.table).flatMap((part) =>
      ArrayBuffer.isView(part) ? part.buffer : [],
    )
  : [];
parentPort?.postMessage(result, [...new Set(buffers)]);

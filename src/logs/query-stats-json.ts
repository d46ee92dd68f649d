// What a query cost, in the tree that Loki's clients know. Figures that Loki has no other store for than its own are 0: there are no chunks,
// no ingesters and no caches here.
//
// Source: Loki `pkg/logqlmodel/stats/stats.proto`.

import type { QueryCosts } from './query-result.ts';

const CACHE = {
  entriesFound: 0,
  entriesRequested: 0,
  entriesStored: 0,
  bytesReceived: 0,
  bytesSent: 0,
  requests: 0,
  downloadTime: 0,
  queryLengthServed: 0,
};

const CACHES = {
  chunk: CACHE,
  index: CACHE,
  result: CACHE,
  statsResult: CACHE,
  volumeResult: CACHE,
  seriesResult: CACHE,
  labelResult: CACHE,
  instantMetricResult: CACHE,
};

/** The tree; `entries` are lines or series of the answer, `queueMs` the time that the request waited for its turn. */
export function queryStats(costs: QueryCosts, entries: number, queueMs: number): unknown {
  const { linesProcessed, bytesProcessed, linesMatched, metadataBytesProcessed, streams } = costs;
  const execTime = seconds(costs.execMs);
  const perSecond = (count: number): number => (execTime === 0 ? 0 : Math.trunc(count / execTime));
  return {
    summary: {
      bytesProcessedPerSecond: perSecond(bytesProcessed),
      linesProcessedPerSecond: perSecond(linesProcessed),
      totalBytesProcessed: bytesProcessed,
      totalLinesProcessed: linesProcessed,
      execTime,
      queueTime: seconds(queueMs),
      subqueries: 0,
      totalEntriesReturned: entries,
      splits: 0,
      shards: 0,
      totalPostFilterLines: linesMatched,
      totalStructuredMetadataBytesProcessed: metadataBytesProcessed,
    },
    querier: { store: storeStats(costs) },
    ingester: { totalReached: 0, totalChunksMatched: 0, totalBatches: 0, totalLinesSent: 0, store: storeStats(undefined) },
    cache: CACHES,
    index: { totalChunks: 0, postFilterChunks: 0, shardsDuration: 0, usedBloomFilters: false, totalStreams: streams },
  };
}

/** To the microsecond: no more of a clock's digits mean anything. */
function seconds(ms: number): number {
  return Math.round(ms * 1000) / 1e6;
}

function storeStats(costs: QueryCosts | undefined): unknown {
  return {
    totalChunksRef: 0,
    totalChunksDownloaded: 0,
    chunksDownloadTime: 0,
    queryReferencedStructuredMetadata: (costs?.metadataBytesProcessed ?? 0) > 0,
    chunk: {
      headChunkBytes: 0,
      headChunkLines: 0,
      decompressedBytes: costs?.bytesProcessed ?? 0,
      decompressedLines: costs?.linesProcessed ?? 0,
      compressedBytes: 0,
      totalDuplicates: 0,
      postFilterLines: costs?.linesMatched ?? 0,
      headChunkStructuredMetadataBytes: 0,
      decompressedStructuredMetadataBytes: costs?.metadataBytesProcessed ?? 0,
    },
    chunkRefsFetchTime: 0,
    congestionControlLatency: 0,
    pipelineWrapperFilteredLines: 0,
  };
}

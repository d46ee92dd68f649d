// Label matchers as SQL conditions on the table `series`: ClickHouse's own RE2 gives the same answers as `compileMatcher`.

import { type Sql, identifier, sql, text, texts } from '../base/sql.ts';
import { METRIC_NAME } from '../query/labels.ts';
import { type Matcher, anchored, patternOf } from '../query/matchers.ts';

/** One condition per matcher that says anything. An absent label reads as `''`, as in a matcher. */
export function matcherConditions(matchers: readonly Matcher[]): readonly Sql[] {
  return matchers.flatMap((matcher) => {
    const condition = conditionOf(labelColumn(matcher.name), matcher);
    return condition === undefined ? [] : [condition];
  });
}

/** The value of a label in a row of `series`. */
export function labelColumn(name: string): Sql {
  return name === METRIC_NAME ? identifier('name') : sql`${identifier('labels')}[${text(name)}]`;
}

function conditionOf(column: Sql, { op, value }: Matcher): Sql | undefined {
  switch (op) {
    case '=':
      return sql`${column} = ${text(value)}`;
    case '!=':
      return sql`${column} != ${text(value)}`;
    case '=~':
      return patternCondition(column, value);
    case '!~': {
      const condition = patternCondition(column, value);
      return condition === undefined ? sql`0` : sql`NOT (${condition})`;
    }
  }
}

/** Undefined where every value matches. */
function patternCondition(column: Sql, source: string): Sql | undefined {
  const pattern = patternOf(source);
  switch (pattern.kind) {
    case 'any':
      return undefined;
    case 'nonempty':
      return sql`${column} != ''`;
    case 'set':
      return sql`${column} IN ${texts(pattern.values)}`;
    case 'prefix':
      return pattern.more
        ? sql`startsWith(${column}, ${text(pattern.prefix)}) AND ${column} != ${text(pattern.prefix)}`
        : sql`startsWith(${column}, ${text(pattern.prefix)})`;
    case 'regex':
      return sql`match(${column}, ${text(anchored(source))})`;
  }
}

// `| line_format "{{.status}}"` and `| label_format path=url, status="{{.code}}xx"`: lines and labels written anew.
//
// Source: Grafana Loki `pkg/logql/log/fmt.go`.

import { TemplateError } from '../../../query/template/template-error.ts';
import type { LabelFormat } from '../ast.ts';
import { compileLineTemplate } from '../line-template.ts';
import type { LineTemplate } from '../line-template.ts';
import type { Line } from '../pipeline.ts';
import type { RunStage } from './run-stage.ts';

const TEMPLATE_ERROR = 'TemplateFormatErr';

/** A template that fails leaves its line as it is, with an error. Throws `bad_data` on a text that is no template. */
export function lineFormatStage(text: string): RunStage {
  const template = compileLineTemplate(text);
  return (line) => {
    const formatted = render(template, line);
    if (formatted !== undefined) line.text = formatted;
    return true;
  };
}

type Format = { readonly label: string; readonly source: string } | { readonly label: string; readonly template: LineTemplate };

/** Throws `bad_data` on a text that is no template. */
export function labelFormatStage(formats: readonly LabelFormat[]): RunStage {
  const compiled = formats.map(compileFormat);
  const firstTemplate = compiled.findIndex((format) => 'template' in format);
  return (line) => {
    // All templates see the labels as they are when the first one runs.
    let rendered: readonly (string | undefined)[] = [];
    for (const [index, format] of compiled.entries()) {
      if (index === firstTemplate) rendered = compiled.map((one) => ('template' in one ? render(one.template, line) : undefined));
      if ('source' in format) rename(line, format.label, format.source);
      else {
        const value = rendered[index];
        if (value !== undefined) line.labels.set('parsed', format.label, value);
      }
    }
    return true;
  };
}

function compileFormat(format: LabelFormat): Format {
  return format.kind === 'rename'
    ? { label: format.label, source: format.source }
    : { label: format.label, template: compileLineTemplate(format.template, { label: format.label }) };
}

function rename({ labels }: Line, label: string, source: string): void {
  const value = labels.get(source);
  if (value === undefined) return;
  labels.set('parsed', label, value);
  labels.delete(source);
}

function render(template: LineTemplate, line: Line): string | undefined {
  try {
    return template.render(line);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    line.labels.setError(TEMPLATE_ERROR, error.message);
    return undefined;
  }
}

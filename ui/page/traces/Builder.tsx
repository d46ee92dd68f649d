// The builder: the conditions of a query as a form that reads and writes the same text as the editor. What it has no form for stays as it is.

import { IconPlus, IconX } from '@tabler/icons-react';
import { useEffect, useId, useMemo, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { fieldText } from '../../data/trace-field.ts';
import type { TraceCompletionData } from '../../editor/traceql/completion-data.ts';
import { Button, IconButton, Segments, inputClass, monoClass, selectClass } from '../../kit/Controls.tsx';
import { OPS, builtOf, conditionFor, shownValue, typedDuration, typedLiteral, writeBuilt } from './builder-parts.ts';
import type { Built, Op, Part } from './builder-parts.ts';
import css from './builder.module.css';

interface BuilderProps {
  /** The text as it is being written. */
  readonly text: string;
  readonly data: TraceCompletionData;
  readonly onRun: (query: string) => void;
}

export function Builder({ text, data, onRun }: BuilderProps) {
  const built = useMemo(() => builtOf(text), [text]);
  if (built.kind === 'not shown') {
    return (
      <p className={css.why} role="status">
        {built.why}
      </p>
    );
  }
  return <Form key={text} built={built} data={data} onRun={onRun} />;
}

type Shown = Extract<Built, { readonly kind: 'shown' }>;
type Condition = Extract<Part, { readonly kind: 'condition' }>;

/** Fields that have a place of their own in the form. */
const OWN: readonly (readonly [string, readonly Op[]])[] = [
  ['resource.service.name', ['=', '=~']],
  ['name', ['=', '=~']],
  ['status', ['=']],
  ['kind', ['=']],
  ['duration', ['>', '>=']],
  ['duration', ['<', '<=']],
];
const KINDS = ['server', 'client', 'producer', 'consumer', 'internal'] as const;

interface FormProps {
  readonly built: Shown;
  readonly data: TraceCompletionData;
  readonly onRun: (query: string) => void;
}

function Form({ built, data, onRun }: FormProps) {
  const [adding, setAdding] = useState(false);
  const { parts } = built;
  const owned = OWN.map(([field, ops]) => conditionFor(parts, field, ops));
  const [service, name, status, kind, least, most] = owned;
  /** Puts a condition in the place of another, or at the end; an empty one takes it away. */
  const put = (at: Part | undefined, text: string): void => {
    const texts = parts.map((part) => (part === at ? text : part.text));
    onRun(writeBuilt(built, at === undefined ? [...texts, text] : texts));
  };
  const others = parts.filter((part) => part.kind === 'other' || !owned.includes(part));
  return (
    <div className={css.form} role="group" aria-label="Builder">
      <TextField label="Service" field="resource.service.name" condition={service} data={data} onPut={put} />
      <TextField label="Span" field="name" condition={name} data={data} onPut={put} />
      <Segments
        label="Status"
        value={status === undefined ? 'any' : shownValue(status.value)}
        choices={[
          ['any', 'Any status'],
          ['error', 'Error'],
          ['ok', 'Ok'],
          ['unset', 'Unset'],
        ]}
        onChoose={(value) => put(status, value === 'any' ? '' : `status = ${value}`)}
      />
      <select
        className={selectClass}
        aria-label="Kind"
        value={kind === undefined ? '' : shownValue(kind.value)}
        onChange={({ target }) => put(kind, target.value === '' ? '' : `kind = ${target.value}`)}
      >
        <option value="">any kind</option>
        {KINDS.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <span className={css.range}>
        <DurationField label="At least" op=">=" condition={least} onPut={put} />
        <DurationField label="At most" op="<=" condition={most} onPut={put} />
      </span>
      {others.map((part) => (
        <span
          key={part.text}
          className={css.part}
          title={part.kind === 'other' ? 'The builder has no form for this; it stays as it is.' : part.text}
        >
          <code>{part.text}</code>
          <button type="button" aria-label={`Without ${part.text}`} onClick={() => put(part, '')}>
            <IconX size={12} aria-hidden />
          </button>
        </span>
      ))}
      {adding ? (
        <AddCondition data={data} onAdd={(text) => put(undefined, text)} onClose={() => setAdding(false)} />
      ) : (
        <Button onClick={() => setAdding(true)}>
          <IconPlus size={14} aria-hidden />
          Attribute
        </Button>
      )}
    </div>
  );
}

/** Values of a field for a list of choices, asked when somebody begins to choose. */
function useValues(data: TraceCompletionData, field: string, wanted: boolean): readonly string[] {
  const [values, setValues] = useState<readonly string[]>([]);
  useEffect(() => {
    if (!wanted || field === '') return undefined;
    let late = false;
    data.values(field, '').then(
      (found) => {
        if (!late) setValues(found.map(({ value }) => value));
      },
      () => undefined,
    );
    return () => {
      late = true;
    };
  }, [data, field, wanted]);
  return values;
}

function Choices({ id, values }: { readonly id: string; readonly values: readonly string[] }) {
  return (
    <datalist id={id}>
      {values.map((value) => (
        <option key={value} value={value} />
      ))}
    </datalist>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly field: string;
  readonly condition: Condition | undefined;
  readonly data: TraceCompletionData;
  readonly onPut: (at: Part | undefined, text: string) => void;
}

/** Enter or leaving the field takes what is written; `~` before it makes it a regular expression. */
function TextField({ label, field, condition, data, onPut }: TextFieldProps) {
  const before = condition === undefined ? '' : `${condition.op === '=~' ? '~' : ''}${shownValue(condition.value)}`;
  const [draft, setDraft] = useState(before);
  const [focused, setFocused] = useState(false);
  const id = useId();
  const values = useValues(data, field, focused);
  const take = (): void => {
    const text = draft.trim();
    if (text === before) return;
    const isRegex = text.startsWith('~');
    onPut(condition, text === '' ? '' : `${field} ${isRegex ? '=~' : '='} ${JSON.stringify(isRegex ? text.slice(1) : text)}`);
  };
  return (
    <label className={css.field}>
      {label}
      <input
        className={`${inputClass} ${monoClass}`}
        list={id}
        value={draft}
        placeholder="any"
        title={`${field}; a ~ in front makes it a regular expression`}
        onFocus={() => setFocused(true)}
        onChange={({ target }) => setDraft(target.value)}
        onBlur={take}
        onKeyDown={({ key }) => {
          if (key === 'Enter') take();
        }}
      />
      <Choices id={id} values={values} />
    </label>
  );
}

interface DurationFieldProps {
  readonly label: string;
  readonly op: '>=' | '<=';
  readonly condition: Condition | undefined;
  readonly onPut: (at: Part | undefined, text: string) => void;
}

function DurationField({ label, op, condition, onPut }: DurationFieldProps) {
  const before = condition === undefined ? '' : shownValue(condition.value);
  const [draft, setDraft] = useState(before);
  const duration = typedDuration(draft);
  const take = (): void => {
    if (draft.trim() === before) return;
    if (draft.trim() === '') onPut(condition, '');
    else if (duration !== undefined) onPut(condition, `duration ${op} ${duration}`);
  };
  const press = ({ key }: KeyboardEvent): void => {
    if (key === 'Enter') take();
  };
  return (
    <label className={css.field}>
      {label}
      <input
        className={`${inputClass} ${monoClass} ${css.short}`}
        value={draft}
        placeholder="100ms"
        aria-label={`Duration ${label.toLowerCase()}`}
        aria-invalid={draft.trim() !== '' && duration === undefined}
        title="A length of time such as 250ms or 1.5s"
        onChange={({ target }) => setDraft(target.value)}
        onBlur={take}
        onKeyDown={press}
      />
    </label>
  );
}

interface AddConditionProps {
  readonly data: TraceCompletionData;
  readonly onAdd: (text: string) => void;
  readonly onClose: () => void;
}

function AddCondition({ data, onAdd, onClose }: AddConditionProps) {
  const [field, setField] = useState('');
  const [op, setOp] = useState<Op>('=');
  const [value, setValue] = useState('');
  const [fields, setFields] = useState<readonly string[]>([]);
  const [fieldsId, valuesId] = [useId(), useId()];
  useEffect(() => {
    data.tags().then(
      (scopes) => setFields(scopes.flatMap(({ scope, tags }) => (scope === 'intrinsic' ? tags : tags.map((tag) => fieldText(scope, tag))))),
      () => undefined,
    );
  }, [data]);
  const values = useValues(data, field, fields.includes(field));
  const add = (): void => {
    if (field.trim() !== '' && value.trim() !== '') onAdd(`${field.trim()} ${op} ${typedLiteral(value, op)}`);
  };
  return (
    <form
      className={css.add}
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <input
        className={`${inputClass} ${monoClass}`}
        list={fieldsId}
        value={field}
        placeholder="attribute"
        aria-label="Attribute"
        autoFocus
        onChange={({ target }) => setField(target.value)}
      />
      <Choices id={fieldsId} values={fields} />
      <select
        className={selectClass}
        value={op}
        aria-label="Comparison"
        onChange={({ target }) => setOp(OPS.find((one) => one === target.value) ?? '=')}
      >
        {OPS.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <input
        className={`${inputClass} ${monoClass}`}
        list={valuesId}
        value={value}
        placeholder="value"
        aria-label="Value"
        onChange={({ target }) => setValue(target.value)}
      />
      <Choices id={valuesId} values={values} />
      <Button type="submit">Add</Button>
      <IconButton label="Close" onClick={onClose}>
        <IconX size={14} aria-hidden />
      </IconButton>
    </form>
  );
}

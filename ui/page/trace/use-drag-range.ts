// A drag across a picture that chooses a part of it, as two shares of its width.

import { useState } from 'react';
import type { HTMLAttributes, PointerEvent } from 'react';

export interface DragRange {
  /** Shares from 0 to 1, in order. */
  readonly from: number;
  readonly to: number;
}

interface DragHandle {
  /** What is chosen so far, while the drag lasts. */
  readonly drag: DragRange | undefined;
  readonly handlers: Pick<
    HTMLAttributes<HTMLElement>,
    'onPointerDown' | 'onPointerMove' | 'onPointerUp' | 'onPointerCancel' | 'onDoubleClick'
  >;
}

/** Less is a click. */
const DRAG_PX = 4;

export function useDragRange(onRange: (range: DragRange) => void, onBack: () => void): DragHandle {
  const [ends, setEnds] = useState<readonly [number, number] | undefined>();
  const share = ({ clientX, currentTarget }: PointerEvent<HTMLElement>): number => {
    const { left, width } = currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(1, (clientX - left) / Math.max(width, 1)));
  };
  const drag = ends && { from: Math.min(...ends), to: Math.max(...ends) };
  return {
    drag,
    handlers: {
      onPointerDown: (event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setEnds([share(event), share(event)]);
      },
      onPointerMove: (event) => {
        if (ends) setEnds([ends[0], share(event)]);
      },
      onPointerUp: ({ currentTarget }) => {
        setEnds(undefined);
        if (drag && (drag.to - drag.from) * currentTarget.clientWidth >= DRAG_PX) onRange(drag);
      },
      onPointerCancel: () => setEnds(undefined),
      onDoubleClick: onBack,
    },
  };
}

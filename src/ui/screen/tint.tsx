import { Text, type TextProps } from 'ink';
import { createContext, type JSX, useContext } from 'react';

/** Whether to use colors; `NO_COLOR` (no-color.org) turns them off, bold and dim stay. */
export const ColorContext = createContext(true);

/** Text in a color, unless colors are off. */
export function Tint({ color, ...props }: TextProps): JSX.Element {
  return <Text {...props} color={useContext(ColorContext) ? color : undefined} />;
}

// Loaded before a program that another one starts, with a channel to it: when the parent goes, however it goes, the program ends.
//
//   node --import ./end-with-parent.ts front.ts

process.on('disconnect', () => process.exit());

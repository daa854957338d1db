// Which instruction a halfword is, of those that thumb.mjs executes.

// Encodings, as the manual writes them: the number of a row is its case in thumb.mjs. Dots are operands.
export const ENCODINGS = [
  '................', // 0: left to rp2040js
  '00000...........', // 1: LSLS d, m, #i
  '00001...........', // 2: LSRS d, m, #i
  '00010...........', // 3: ASRS d, m, #i
  '0001100.........', // 4: ADDS d, n, m
  '0001101.........', // 5: SUBS d, n, m
  '0001110.........', // 6: ADDS d, n, #i
  '0001111.........', // 7: SUBS d, n, #i
  '00100...........', // 8: MOVS d, #i
  '00101...........', // 9: CMP n, #i
  '00110...........', // 10: ADDS d, #i
  '00111...........', // 11: SUBS d, #i
  '0100000000......', // 12: ANDS d, m
  '0100000001......', // 13: EORS d, m
  '0100000010......', // 14: LSLS d, m
  '0100000011......', // 15: LSRS d, m
  '0100000100......', // 16: ASRS d, m
  '0100000101......', // 17: ADCS d, m
  '0100000110......', // 18: SBCS d, m
  '0100001000......', // 19: TST n, m
  '0100001001......', // 20: RSBS d, n, #0
  '0100001010......', // 21: CMP n, m
  '0100001100......', // 22: ORRS d, m
  '0100001101......', // 23: MULS d, m
  '0100001110......', // 24: BICS d, m
  '0100001111......', // 25: MVNS d, m
  '01000100........', // 26: ADD d, m of all registers
  '01000101........', // 27: CMP n, m of all registers
  '01000110........', // 28: MOV d, m of all registers
  '010001110....000', // 29: BX m
  '010001111....000', // 30: BLX m
  '01001...........', // 31: LDR t, [PC, #i]
  '0101000.........', // 32: STR t, [n, m]
  '0101001.........', // 33: STRH t, [n, m]
  '0101010.........', // 34: STRB t, [n, m]
  '0101011.........', // 35: LDRSB t, [n, m]
  '0101100.........', // 36: LDR t, [n, m]
  '0101101.........', // 37: LDRH t, [n, m]
  '0101110.........', // 38: LDRB t, [n, m]
  '0101111.........', // 39: LDRSH t, [n, m]
  '01100...........', // 40: STR t, [n, #i]
  '01101...........', // 41: LDR t, [n, #i]
  '01110...........', // 42: STRB t, [n, #i]
  '01111...........', // 43: LDRB t, [n, #i]
  '10000...........', // 44: STRH t, [n, #i]
  '10001...........', // 45: LDRH t, [n, #i]
  '10010...........', // 46: STR t, [SP, #i]
  '10011...........', // 47: LDR t, [SP, #i]
  '10100...........', // 48: ADR d, #i
  '10101...........', // 49: ADD d, SP, #i
  '101100000.......', // 50: ADD SP, #i
  '101100001.......', // 51: SUB SP, #i
  '1011001000......', // 52: SXTH d, m
  '1011001001......', // 53: SXTB d, m
  '1011001010......', // 54: UXTH d, m
  '1011001011......', // 55: UXTB d, m
  '1011010.........', // 56: PUSH
  '1011110.........', // 57: POP
  '1011101000......', // 58: REV d, m
  '11000...........', // 59: STMIA n!
  '11001...........', // 60: LDMIA n!
  '1101............', // 61: B of a condition, and UDF, SVC
  '11100...........', // 62: B
  '11110...........', // 63: BL, and what else has two halves
];

export const KINDS = new Uint8Array(65536);
ENCODINGS.forEach((encoding, kind) => {
  const mask = parseInt(encoding.replace(/[01]/g, '1').replaceAll('.', '0'), 2);
  const value = parseInt(encoding.replaceAll('.', '0'), 2);
  for (let op = 0; op < 65536; op++) if ((op & mask) === value) KINDS[op] = kind;
});

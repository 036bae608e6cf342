/** The variables of an edge that answers as fast as it can, however fast one address or service asks. */
export const unlimited = {
  RIZOMA_ADDRESS_RATE: 'off',
  RIZOMA_SERVICE_RATE: 'off',
  RIZOMA_FAILURE_RATE: 'off',
} as const;

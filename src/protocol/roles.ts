/** What a viewer may do, from least to most: each may do what those before it may. */
export const roleNames = ['observer', 'marker', 'operator'] as const;
export type Role = (typeof roleNames)[number];

export function isAtLeast(role: Role, needed: Role): boolean {
  return roleNames.indexOf(role) >= roleNames.indexOf(needed);
}

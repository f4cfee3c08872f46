// Every way in which the control plane says no: values that actions return and that http/ gives their recorded form.

import type { ArgumentProblem } from "../../api-client/shapes.ts";

export type Refusal =
  | { readonly kind: "invalid"; readonly details: readonly ArgumentProblem[]; readonly status?: 413 | 415 }
  /** Absent, and just as well another organization's: the answers do not differ. */
  | { readonly kind: "notFound"; readonly resource: string; readonly resourceId: string }
  | { readonly kind: "denied"; readonly reason: "not_found" | "expired" }
  | { readonly kind: "forbidden"; readonly action: string; readonly resource: string }
  | {
      readonly kind: "quota";
      readonly resource: string;
      readonly quota: number;
      readonly current: number;
      readonly organizationId: string;
    }
  | { readonly kind: "exists"; readonly resource: string; readonly resourceId: string; readonly help: string }
  | {
      readonly kind: "tooMany";
      readonly quota: number;
      readonly windowSeconds: number;
      readonly resetSeconds: number;
      readonly resetUs: number;
      readonly help: string;
    }
  /** The cell could not be reached in time. Nothing half there stays; the same request may be sent again. */
  | { readonly kind: "unavailable"; readonly help: string }
  | { readonly kind: "methodNotAllowed"; readonly allowed: readonly string[] };

export interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
}

export interface Done<T> {
  readonly kind: "done";
  readonly value: T;
}

export type Outcome<T> = Done<T> | Refused;

export function done<T>(value: T): Done<T> {
  return { kind: "done", value };
}

export function refuse(refusal: Refusal): Refused {
  return { kind: "refused", refusal };
}

export function notFound(resource: string, resourceId: string): Refused {
  return refuse({ kind: "notFound", resource, resourceId });
}

export function invalid(argument: string, reason: ArgumentProblem["reason"], help: string): Refused {
  return refuse({ kind: "invalid", details: [{ argument_name: argument, help_message: help, reason }] });
}

// The words the real service uses; "namespace" is what v1alpha1 called an account, and v1beta1 still answers it.
export const accountResource = "namespace";
export const credentialsResource = "credentials";

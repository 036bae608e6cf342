declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('../../edge/worker.ts');
  }
  interface Env {
    readonly SERVICES: DurableObjectNamespace;
    readonly SERVICE: DurableObjectNamespace;
    readonly ROOM: DurableObjectNamespace;
    readonly NODE: DurableObjectNamespace;
    readonly MESH: DurableObjectNamespace;
    readonly NUVE_SUPERSERVICE_ID: string;
    readonly NUVE_SUPERSERVICE_KEY: string;
    readonly RIZOMA_ENROL_SECRET: string;
    readonly RIZOMA_TICKET_KEY: string;
    readonly NUVE_SUPERSERVICE_KEY_SECOND: string;
    readonly RIZOMA_ENROL_SECRET_SECOND: string;
    readonly RIZOMA_TICKET_KEY_SECOND: string;
    readonly RIZOMA_ENROL_SECRETS: string;
    readonly RIZOMA_DEMO: string;
    readonly RIZOMA_ADDRESS_RATE: string;
    readonly RIZOMA_SERVICE_RATE: string;
    readonly RIZOMA_FAILURE_RATE: string;
  }
}

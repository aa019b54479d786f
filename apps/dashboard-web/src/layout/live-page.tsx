import { Container } from '@mantine/core';
import { useAnomalies } from '../anomalies/use-anomalies';
import { AnomaliesPanel } from '../anomalies/anomalies-panel';
import { ChartPanel } from '../chart/chart-panel';
import { DetectionPanel } from '../detection/detection-panel';
import { DevicesPanel } from '../devices/devices-panel';
import { GroupsPanel } from '../groups/groups-panel';
import { HealthPanel } from '../health/health-panel';
import { ReconnectingBanner } from '../live/connection-badge';
import { LiveContext, useOpenConnection } from '../live/live-context';
import { MetricsContext, useLoadedMetrics } from '../series/metrics';
import { SelectionContext, useSelectionState } from '../series/selection';
import { Header } from './header';

/** Everything a signed-in reader sees. */
export function LivePage() {
  const connection = useOpenConnection();
  const selection = useSelectionState();
  const metrics = useLoadedMetrics();
  return (
    <LiveContext value={connection}>
      <MetricsContext value={metrics}>
        <SelectionContext value={selection}>
          <a className="tw-skip" href="#main">
            Skip to the content
          </a>
          <Header />
          <ReconnectingBanner />
          <main id="main" tabIndex={-1}>
            <h1 className="tw-hidden">Tidewatch: live</h1>
            <Container size="xl" px="md" py="md">
              <Panels />
            </Container>
          </main>
        </SelectionContext>
      </MetricsContext>
    </LiveContext>
  );
}

function Panels() {
  const anomalies = useAnomalies();
  return (
    <div className="tw-grid">
      <div className="tw-column">
        <DevicesPanel />
        <GroupsPanel />
        <HealthPanel />
      </div>
      <div className="tw-column">
        <ChartPanel anomalies={anomalies.anomalies} />
        <DetectionPanel />
        <AnomaliesPanel {...anomalies} />
      </div>
    </div>
  );
}

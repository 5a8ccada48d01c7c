namespace OrleansAdapter;

/// <summary>The names of this project's meter and activity source, for OpenTelemetry: <c>AddMeter(Telemetry.MeterName)</c>.</summary>
public static class Telemetry
{
    /// <summary>The name of the meter that all parts use.</summary>
    public const string MeterName = "OrleansAdapter";

    /// <summary>The name of the activity source that all parts use.</summary>
    public const string ActivitySourceName = "OrleansAdapter";
}

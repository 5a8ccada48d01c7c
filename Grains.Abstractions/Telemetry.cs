namespace OrleansAdapter;

/// <summary>The names under which this project's metrics and activities are found: <c>AddMeter(Telemetry.MeterName)</c>.</summary>
public static class Telemetry
{
    /// <summary>The name of the meter that all parts use.</summary>
    public const string MeterName = "OrleansAdapter";

    /// <summary>The name of the activity source that all parts use.</summary>
    public const string ActivitySourceName = "OrleansAdapter";
}

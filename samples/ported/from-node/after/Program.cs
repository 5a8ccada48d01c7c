// The support desk of ../before, ported: orleansadapter primary --port PORT --workers WORKERS
using Desk;
using OrleansAdapter.SocketIO;

var builder = WebApplication.CreateBuilder(args);
builder.AddOrleansAdapter();
builder.Services.AddSocketIO(options =>
{
    options.PingInterval = TimeSpan.FromSeconds(10);
    options.MaxHttpBufferSize = 2_000_000;
});
var app = builder.Build();
app.MapSocketIO();

var io = app.Services.GetRequiredService<SocketIOServer>();
var hours = new Hours(); // each worker has a copy
app.MapGet("/", () => new { worker = Environment.ProcessId, clients = io.LocalSocketCount });
io.ServeDesk(hours);
io.ServeSupervisors(hours);
await app.RunAsync();

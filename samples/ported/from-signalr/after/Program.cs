// Rides: dispatchers offer rides to drivers, passengers see them come. The application of ../before, ported:
//   Jwt__Key=… orleansadapter primary --port 5001 --workers 3
using System.Security.Claims;
using Microsoft.AspNetCore.SignalR;
using Rides;

var builder = WebApplication.CreateBuilder(args);
builder.AddOrleansAdapter();
builder.Services
    .AddSignalR(options => options.AddFilter<TextLimit>())
    .AddMessagePackProtocol()
    .AddOrleansAdapter();
builder.Services.AddSingleton<Drivers>();
builder.Services.AddSingleton<Prices>().AddHostedService(services => services.GetRequiredService<Prices>());
builder.Services.AddSingleton<RideDesk>().AddHostedService(services => services.GetRequiredService<RideDesk>());
builder.AddTokens();
var app = builder.Build();

app.UseAuthentication();
app.UseAuthorization();
app.MapHub<RideHub>("/rides");
app.MapPost("/rides", (RideRequest request, ClaimsPrincipal user, RideDesk desk) => desk.Add(request, user)).RequireAuthorization();
await app.RunAsync();

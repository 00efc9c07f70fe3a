namespace Osism.Tests.Recording;

/// <summary>A small run as the callback writes it: two plays, a role with a handler, a loop, retries, a delegation, facts, and two hosts that do not make it.</summary>
internal static class EventLines
{
    public static string Run() => """
        {"v":1,"seq":1,"t":1790000000.1,"ev":"run_start","playbook":"site.yml","path":"/pod/site.yml","ansible":"2.14.18","python":"3.11.2","controller":"manager","user":"dragon","check":false,"diff":true,"forks":5,"limit":null,"tags":["all"],"skip_tags":[],"arguments":{"check":false,"forks":5}}
        {"v":1,"seq":2,"t":1790000000.2,"ev":"file","path":"/pod/site.yml","sha1":"aa","content":"- hosts: all\n"}
        {"v":1,"seq":3,"t":1790000000.3,"ev":"play_start","play":"p1","name":"Web","hosts_count":3,"hosts":["a","b","c"],"strategy":"linear","serial":false}
        {"v":1,"seq":4,"t":1790000000.4,"ev":"task_start","task":"t1","play":"p1","name":"Install","action":"package","path":"/pod/site.yml:7","role":null,"tags":["web"],"handler":false,"no_log":false,"loop":true}
        {"v":1,"seq":5,"t":1790000000.5,"ev":"host_start","h":"a","task":"t1"}
        {"v":1,"seq":6,"t":1790000000.5,"ev":"host_start","h":"b","task":"t1"}
        {"v":1,"seq":7,"t":1790000001.0,"ev":"item","h":"a","task":"t1","item":"nginx","status":"changed","changed":true,"msg":""}
        {"v":1,"seq":8,"t":1790000001.1,"ev":"facts","h":"a","task":"t1","action":"package_facts","facts":{"packages":{"nginx":[{"version":"1.2"}]}}}
        {"v":1,"seq":9,"t":1790000001.2,"ev":"host","h":"a","task":"t1","status":"changed","changed":true,"ignored":false,"start":1790000000.5,"dur_ms":700.5,"delegated_to":[],"res":{"changed":true,"results":[{"item":"nginx","changed":true}],"msg":"All items completed"},"items":7}
        {"v":1,"seq":10,"t":1790000002.2,"ev":"host","h":"b","task":"t1","status":"ok","changed":false,"ignored":false,"start":1790000000.5,"dur_ms":1700,"delegated_to":[],"res":{"changed":false,"port":123456},"warnings":["an old option"]}
        {"v":1,"seq":11,"t":1790000002.3,"ev":"file","path":"/pod/roles/web/tasks/main.yml","sha1":"bb","content":"- copy: is changed"}
        {"v":1,"seq":12,"t":1790000002.4,"ev":"task_start","task":"t2","play":"p1","name":"Configure","action":"copy","path":"/pod/roles/web/tasks/main.yml:3","role":"web","tags":[],"handler":false,"no_log":false,"loop":false}
        {"v":1,"seq":13,"t":1790000003.0,"ev":"retry","h":"a","task":"t2","attempt":1,"of":3}
        {"v":1,"seq":14,"t":1790000003.1,"ev":"retry","h":"a","task":"t2","attempt":2,"of":3}
        {"v":1,"seq":15,"t":1790000003.2,"ev":"retry","h":"a","task":"t2","attempt":3,"of":3}
        {"v":1,"seq":16,"t":1790000004.0,"ev":"host","h":"a","task":"t2","status":"changed","changed":true,"ignored":false,"start":1790000002.5,"dur_ms":1500,"delegated_to":["c"],"res":{"changed":true},"diff":[{"before":"x\n","after":"y\n"}],"items":1}
        {"v":1,"seq":17,"t":1790000004.2,"ev":"host","h":"b","task":"t2","status":"changed","changed":true,"ignored":false,"start":1790000002.5,"dur_ms":1700,"delegated_to":[],"res":{"changed":true}}
        {"v":1,"seq":18,"t":1790000004.4,"ev":"host","h":"c","task":"t2","status":"ignored","changed":false,"ignored":true,"start":1790000002.5,"dur_ms":1900,"delegated_to":[],"res":{"msg":"never mind","failed":true}}
        {"v":1,"seq":19,"t":1790000004.5,"ev":"notify","h":"a","handler":"Restart web"}
        {"v":1,"seq":20,"t":1790000004.6,"ev":"task_start","task":"t3","play":"p1","name":"Restart web","action":"service","path":"/pod/roles/web/handlers/main.yml:1","role":"web","tags":[],"handler":true,"no_log":false,"loop":false}
        {"v":1,"seq":21,"t":1790000005.0,"ev":"host","h":"a","task":"t3","status":"skipped","changed":false,"ignored":false,"start":1790000004.7,"dur_ms":300,"delegated_to":[],"res":{"skip_reason":"Conditional result was False"}}
        {"v":1,"seq":22,"t":1790000005.1,"ev":"warning","text":"something old"}
        {"v":1,"seq":23,"t":1790000005.2,"ev":"play_start","play":"p2","name":"Check","hosts_count":3,"hosts":["a","b","c"],"strategy":"free","serial":false}
        {"v":1,"seq":24,"t":1790000005.3,"ev":"task_start","task":"t4","play":"p2","name":"Ping","action":"ping","path":"/pod/site.yml:20","role":null,"tags":[],"handler":false,"no_log":false,"loop":false}
        {"v":1,"seq":25,"t":1790000006.0,"ev":"host","h":"c","task":"t4","status":"failed","changed":false,"ignored":false,"start":1790000005.4,"dur_ms":600,"delegated_to":[],"res":{"msg":"non-zero return code","stderr":"no space left on device","rc":1}}
        {"v":1,"seq":26,"t":1790000007.0,"ev":"host","h":"b","task":"t4","status":"unreachable","changed":false,"ignored":false,"start":1790000005.4,"dur_ms":1600,"delegated_to":[],"res":{"msg":"Connection timed out","unreachable":true}}
        {"v":1,"seq":27,"t":1790000007.5,"ev":"stats","hosts":{"a":{"ok":3,"changed":2,"failed":0,"unreachable":0,"skipped":1,"rescued":0,"ignored":0},"b":{"ok":2,"changed":1,"failed":0,"unreachable":1,"skipped":0,"rescued":0,"ignored":0},"c":{"ok":0,"changed":0,"failed":1,"unreachable":0,"skipped":0,"rescued":0,"ignored":1}},"custom":{}}

        """;
}

package web

// Examples of answers in the OpenAPI document; a test reads each into its type.
const (
	sessionExample = `{"token":"sYq1vT0mX2bK9cR4nW7zL5pJ8hG3dF6aQe0iU1oY2tA","until":"2026-11-02T20:00:00.000Z","user":"1001","agent":"1001","team":"day_a","roles":["agent"]}`

	softphoneExample = `{"user":"1001","domain":"hotline.local","token":"Zt6uB0pX2mK9cR4nW7zL5pJ8hG3dF6aQe0iU1oY2tA8","until":"2026-11-02T20:00:00.000Z"}`

	visitExample = `{"user":"web-204817","domain":"hotline.local","number":"10000","token":"b0pX2mK9cR4nW7zL5pJ8hG3dF6aQe0iU1oY2tA8Zt6u","until":"2026-11-02T08:01:00.000Z"}`

	recordExample = `{"id":"01KA6ZB5M0T4Z5H2Q9Y3W8R7XN","trunk":"gateway","caller":"13800138000","called":"10000","caller_class":"normal",` +
		`"queue":"general","agent":"1001","started_at":"2026-11-02T08:00:00.000Z","answered_at":"2026-11-02T08:00:31.250Z",` +
		`"connected_at":"2026-11-02T08:00:34.120Z","ended_at":"2026-11-02T08:03:10.000Z","wait_seconds":12.25,"ring_seconds":4.1,` +
		`"talk_seconds":158.75,"hold_seconds":0,"wrap_up_seconds":9.5,"outcome":"answered","lost_cause":null,"ended_by":"caller",` +
		`"cause":"normal","disposition":"bill","notes":"","survey":"satisfied",` +
		`"segments":[{"kind":"queue","start":"2026-11-02T08:00:19.000Z","end":"2026-11-02T08:00:31.250Z","queue":"general"}],` +
		`"recordings":[{"id":"01KA6ZB7Q2M8D0V5C1S9J4F6GA","seconds":158.7,"url":"/api/v1/recordings/01KA6ZB7Q2M8D0V5C1S9J4F6GA/audio"}],` +
		`"node":"hotline-1","site_revision":3`

	callsExample = `{"items":[` + recordExample + `}],"next":"1793606400000-01KA6ZB5M0T4Z5H2Q9Y3W8R7XN"}`

	dialExample = `{"call":"01KA6ZB5M0T4Z5H2Q9Y3W8R7XN"}`

	callExample = recordExample + `,"timeline":[{"seq":7,"at":"2026-11-02T08:00:27.100Z","kind":"offered",` +
		`"text":"offered to 1001 at phone 1001: longest idle of 3 seats with the skill general",` +
		`"data":{"offer":"01KA6ZB6F3","seat":"1001","phone":"1001","group":"general","queue":"general","leg":"01KA6ZB6F4",` +
		`"deadline":"2026-11-02T08:00:42.100Z","reason":"longest idle of 3 seats with the skill general"}}]}`

	queuesExample = `{"items":[{"name":"general","title":"综合业务","waiting":2,"longest_wait_seconds":8.4,"estimated_wait_seconds":null,` +
		`"seats":{"ready":0,"talking":11,"wrap_up":1},"answered":240,"abandoned":6,"short_abandoned":2,"service_level":0.93,` +
		`"service_level_formula":"SL-4","plan_steps":[]}],"next":""}`

	siteExample = `{"revision":3,"hash":"9f2c41…","files":[{"name":"queues.yaml","text":"queues:\n  - {name: general, groups: [general]}\n"}]}`

	revisionExample = `{"number":4,"at":"2026-11-02T08:00:00.000Z","by":"admin","hash":"1b77e0…","changed":["queues.yaml"]}`

	revisionsExample = `{"items":[` + revisionExample + `],"next":""}`

	sipExample = `{"call":"01KA6ZB5M0T4Z5H2Q9Y3W8R7XN","messages":[{"at":"2026-11-02T08:00:00.000Z","sent":false,"transport":"udp",` +
		`"from":"192.0.2.1:5060","to":"192.0.2.10:5060","summary":"INVITE sip:10000@192.0.2.10 +SDP","sip_call_id":"a84b4c76e66710",` +
		`"text":"INVITE sip:10000@192.0.2.10 SIP/2.0\r\n…"}],"lost":0,` +
		`"ladder":"08:00:00.000000  192.0.2.1:5060  ───►  hotline  udp  INVITE sip:10000@192.0.2.10 +SDP\n",` +
		`"mermaid":"sequenceDiagram\n  participant p1 as 192.0.2.1:5060\n  participant hotline\n  p1->>hotline: INVITE sip:10000@192.0.2.10 +SDP\n"}`
	diallingExample = `{"items":[{"kind":"agent","name":"1001","calls":14,"talk_seconds":3600.4,"at_once":0,"refused":1,` +
		`"last_refusal":"agent 1001 has had its 60 minutes of today","stopped":"agent 1001 has had its 60 minutes of today",` +
		`"limits":{"hours":"service","minutes":60,"at_once":2}}],"next":""}`

	banExample = `{"source":"203.0.113.66/32","since":"2026-11-02T08:00:00.000Z","until":"2026-11-02T08:05:00.000Z","times":1,` +
		`"reason":"password","dropped":412}`

	guardExample = `{"bans":[` + banExample + `],"strangers":3,"peers":240,"bounds":{"rate":50,"burst":500,"all":2000,"peers":10000,` +
		`"ban_after":20,"within_seconds":600,"ban_seconds":300,"longest_seconds":86400}}`

	whyExample = `{"queue":"vip","strategy":"longest_idle","calls":[{"call":"01JD8C9GQ5","place":1,` +
		`"words":"waiting 9 s; none of those who may take it is ready: 1 talking, 1 break; the search is widened in 11 s"}],"more_calls":0,` +
		`"seats":[{"seat":"2001","may":true,"state":"talking","words":"may take it as one of the queue's own seats; is in call 01JD8C8XB1 from vip (talking for 2 min)"},` +
		`{"seat":"1002","may":false,"state":"ready","words":"lacks vip 1 (has 0)"}],"more_seats":0}`

	seatExample = `{"agent":"1001","phone":"8001","state":"ready","since":"2026-11-02T08:03:19.500Z","queues":["general"],"team":"day_a","group":"general"}`

	seatsExample = `{"items":[` + seatExample + `],"next":""}`

	planExample = `{"name":"day","title":"突发话务应急预案(白班)","queues":["general"],"open":true,"independent":false,"waiting":7,` +
		`"longest_wait_seconds":94.2,"seats_ready":0,"release":"waiting < 5 for 1 min","release_due":null,` +
		`"steps":[{"name":"experts","active":true,"since":"2026-11-02T08:05:00.000Z","hold":"auto","when":"waiting > 5 for 5 min","do":["add expert"],` +
		`"holds_since":"2026-11-02T08:00:00.000Z","due":null,"why":"waiting 7 (> 5) for 5 min","seats":["5001","5002"],"short":0}]}`

	plansExample = `{"items":[` + planExample + `],"next":""}`

	staffingExample = `{"items":[{"of":"queue","name":"general","over_seconds":900,"arrivals":84,"waiting":7,"handled":71,"handle_seconds":182.4,"left":6,` +
		`"patience_seconds":141.7,"target_percent":80,"target_seconds":30,"seats_at_work":14,"seats_needed":18,"shortfall":4,"off_shift":["1003","1005"]}],"next":""}`

	callbackExample = `{"id":"01KA6ZB9D2H5M8Q1S4V7X0Z3B6","state":"waiting","place":3,"number":"13800138000","caller_class":"normal",` +
		`"queue":"general","priority":5,"called":"10000","trunk":"gateway","entry":"2026-11-02T08:00:19.000Z","not_before":null,"tries":1,` +
		`"origin":"01KA6ZB5M0T4Z5H2Q9Y3W8R7XN","calls":["01KA6ZC0F4K7P0T3W6Y9C2E5H8"],"by":"caller",` +
		`"reason":"try 1 of 3 came to nothing: busy (Busy Here); the next in 10 min, from its old place",` +
		`"created_at":"2026-11-02T08:01:31.000Z","updated_at":"2026-11-02T08:09:02.000Z"}`

	callbacksExample = `{"items":[` + callbackExample + `],"next":""}`

	lostCallsExample = `{"items":[{"number":"13900139000","caller_class":"normal","state":"open","queue":"general","called":"10000",` +
		`"lost_cause":"abandoned_in_queue","count":2,"first_at":"2026-11-02T08:02:10.000Z","last_at":"2026-11-02T08:20:45.000Z","tries":0,` +
		`"not_before":null,"calls":["01KA6ZB6A1","01KA6ZCQX7"]}],"next":""}`

	phonesExample = `{"items":[{"phone":"8001","title":"A区1排01座","state":"up","agent":"1003","seat_state":"ready","contacts":[` +
		`{"id":"5d3c01f2a8b94e07","contact":"sip:8001@192.0.2.31:5060","address":"192.0.2.31:5060","transport":"udp","user_agent":"Yealink SIP-T31P",` +
		`"registered_at":"2026-11-02T00:00:00.000Z","refreshed_at":"2026-11-02T08:00:00.000Z","expires_at":"2026-11-02T09:00:00.000Z",` +
		`"state":"up","last_check":"2026-11-02T08:00:10.000Z"}]}],"next":""}`
	mailboxesExample = `{"items":[{"name":"general","kind":"queue","title":"综合业务","new":1,"messages":4}],"next":""}`

	messagesExample = `{"items":[{"id":"01KA6ZB7Q2M8D0V5C1S9J4F6GA","call":"01KA6ZB5M0T4Z5H2Q9Y3W8R7XN","number":"13800138000","caller_class":"normal",` +
		`"called":"10002","at":"2026-11-02T22:00:31.000Z","seconds":12.4,"heard":false,"heard_at":null,` +
		`"url":"/api/v1/mailboxes/general/messages/01KA6ZB7Q2M8D0V5C1S9J4F6GA/audio"}],"next":""}`

	surveyCallExample  = `{"id":"01K4Z8B2M0","survey":"visit","state":"done","number":"13800138000","due":"2026-11-23T11:00:00.000+08:00","until":"2026-11-24T11:00:00.000+08:00","tries":0,"origin":"01K4Z8A0C1","call":"01K4Z8B2N4","answers":[{"question":"solved","answer":"yes"},{"question":"mark","answer":"9"}],"by":"visit","reason":"asked","created_at":"2026-11-23T10:00:00.000+08:00","updated_at":"2026-11-23T11:02:10.000+08:00"}`
	surveyCallsExample = `{"items":[` + surveyCallExample + `],"next":""}`
	flowsExample       = `{"items":[{"name":"main","revision":3,"nodes":10,"callers":3,"entered":412,"since":"2026-11-29T00:00:00.000+08:00"}],"next":""}`

	promptExample  = `{"name":"welcome","language":"zh","source":"site","file":"prompts/zh/welcome.wav","version":3,"seconds":4.26,"used_by":["flows.yaml:12"],"url":"/api/v1/prompts/zh/welcome/audio"}`
	promptsExample = `{"items":[` + promptExample + `],"next":""}`

	announcementExample = `{"name":"outage","prompt":"many_calls","numbers":["10000"],"queues":["general"],"until":"2026-11-02T12:00:00.000Z",` +
		`"by":"1102","at":"2026-11-02T08:20:45.000Z"}`

	announcementsExample = `{"items":[` + announcementExample + `],"next":""}`

	trunksExample = `{"items":[{"name":"gateway","title":"运营商中继","state":"up","calls":12,"max_calls":240,"last_check":"2026-11-02T08:00:00.000Z",` +
		`"targets":[{"uri":"sip:192.0.2.1:5060","priority":1,"weight":1,"state":"up","last_check":"2026-11-02T08:00:00.000Z"}]}],"next":""}`
)
